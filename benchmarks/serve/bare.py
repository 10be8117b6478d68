"""What one writes in ten minutes: a FastAPI that puts records into a frame and predicts.

No contract, no hash, no batching, no limits.

Usage: python -m benchmarks.serve.bare MODEL PORT
"""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd
import skops.io
import uvicorn
from fastapi import FastAPI


def main() -> None:
    """Serve a model until a signal ends it."""
    path, port = sys.argv[1:]
    model = skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    app = FastAPI()

    @app.post("/predict")
    def predict(body: dict[str, list[dict[str, Any]]]) -> list[list[float]]:
        frame = pd.DataFrame(body["records"])
        listed: list[list[float]] = model.predict_proba(frame[model.feature_names_in_]).tolist()
        return listed

    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
