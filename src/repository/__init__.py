"""git and DVC as command lines, dvc.lock, a clean clone; no stage uses it."""
