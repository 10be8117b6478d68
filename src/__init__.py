"""The pipeline's code: one folder a stage, run from the root as ``python -m src.<stage>``."""
