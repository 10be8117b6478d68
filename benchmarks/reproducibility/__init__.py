"""Every variation of the machine against the same bytes: python -m benchmarks.reproducibility."""
