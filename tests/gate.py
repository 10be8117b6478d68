"""What the gate is called with, as in the Makefile."""

PATHS = [
    "metrics/metrics.json",
    "metrics/details.json",
    "data/prepared/predictions.parquet",
    "src/models/model.skops",
    "data/prepared/train.parquet",
    "data/prepared/test.parquet",
    "data/schema.yaml",
    "metrics/gate.json",
]
