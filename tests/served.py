"""What is served in tests: a fetched folder with a small model; and one request to the routes."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from starlette.types import ASGIApp, Message

from src.base.contract import Contract
from src.base.files import md5, write_json
from src.base.prepared import as_features
from src.evaluate.wheel import wheel
from src.features.ratio import Ratio
from src.fitting.model import build
from src.modelling.predictions import labels
from src.predict.scoring import score_batch
from src.release.fetch import MESSAGE
from src.release.mlflow_format import mlflow_files
from src.saving.model_file import save_model, types_to_trust
from src.saving.trust import FEATURES, OWN, read_trust
from src.serve.app import Limits, Serving
from src.serve.batching import Batcher
from src.serve.metrics import Metrics
from src.serve.model import ServedModel
from src.tables.validate import model_inputs
from tests.tables import frame, make_contract

PACKAGES = ("scikit-learn", "skrub", "skops", "pandas", "numpy")
TREES = "sklearn.ensemble.HistGradientBoosting"


def fit(
    contract: Contract, table: pd.DataFrame, path: str = "", seed: int = 0, **parameters: object
) -> Pipeline:
    """Fit a small model, of trees unless another estimator is named."""
    if not path:
        path = f"{TREES}{'Regressor' if contract.task == 'regression' else 'Classifier'}"
        parameters = {"max_iter": 5, **parameters}
    model = build(path, parameters, seed, contract)
    return model.fit(as_features(table, contract), labels(table[contract.target], contract))


CONTRACT = make_contract("binary", row={"kind": "text", "role": "id"})
TABLE = frame("binary", 60)
"""What the first release of `tests/integration/conftest.py` was trained on."""


CARD = f"# Card\n\nMade with {', '.join(f'{name} {version(name)}' for name in PACKAGES)}.\n"
"""What a model's card says that is read by programs."""


WHEEL = "model_features-0-py3-none-any.whl"


def release(folder: Path, tag: str, model: Pipeline, contract: Contract) -> Path:
    """Fill a folder as `python -m src.release.fetch` does."""
    folder.mkdir(parents=True, exist_ok=True)
    save_model(model, folder / "model.skops", read_trust())
    write_json(contract.model_dump(exclude_none=True), folder / "schema.yaml")  # YAML, too
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    places = {"model.skops": "src/models", "schema.yaml": "data", "README.md": "src/models"}
    own = any(name.startswith(OWN) for name in types_to_trust(folder / "model.skops"))
    if own:
        (folder / WHEEL).write_bytes(wheel(FEATURES, WHEEL))
        places[WHEEL] = "src/models"
    hashes = [f"  {md5(folder / name):36}  {place}/{name}" for name, place in places.items()]
    message = "\n".join([tag, "", "md5", *hashes, ""])
    (folder / MESSAGE).write_text(message, encoding="utf-8")
    for name, content in mlflow_files(folder, folder / WHEEL if own else None).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def with_ratio(model: Pipeline, table: pd.DataFrame, contract: Contract) -> Pipeline:
    """Return a model like another, fitted with a step of the repository's own before its steps."""
    pair = [name for name in contract.features if contract.columns[name].kind == "numeric"][:2]
    steps = [("ratio", Ratio([[pair[0], pair[-1]]])), *clone(model).steps]
    return Pipeline(steps).fit(
        as_features(table, contract), labels(table[contract.target], contract)
    )


def replace_release(folder: Path, other: Path) -> None:
    """Fill a folder anew with another's files, the message of the tag last."""
    for name in ("model.skops", "schema.yaml", "README.md", MESSAGE):
        new = folder / f".{name}"
        shutil.copy(other / name, new)
        new.replace(folder / name)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON has them: times as text, nulls as None."""
    cells = table.drop(columns="target", errors="ignore").astype(object)
    cells = cells.where(cells.notna(), None)
    return [
        {str(name): cell.isoformat() if isinstance(cell, pd.Timestamp) else cell
         for name, cell in row.items()}
        for row in cells.to_dict("records")
    ]  # fmt: skip


def predicted(model: ServedModel, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what `python -m src.predict` would write."""
    scored, violations = score_batch(model.model, table, model_inputs(model.contract))
    assert violations == []
    return [{str(name): cell for name, cell in row.items()} for row in scored.to_dict("records")]


@contextlib.contextmanager
def serving_of(model: ServedModel) -> Iterator[Serving]:
    """Serve a model, without a server: to be asked by :func:`ask`."""
    metrics = Metrics()
    metrics.loaded(model)
    with Batcher(10_000, metrics) as batcher:
        yield Serving("model", model, batcher, metrics, Limits(body=1_000_000, seconds=60))


def ask(
    app: ASGIApp,
    path: str,
    body: object = None,
    *,
    method: str = "",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, str], Any]:
    """Send one request to an application; return status, headers and the answer's JSON or text."""
    return asyncio.run(asking(app, path, body, method=method, headers=headers))


async def asking(
    app: ASGIApp,
    path: str,
    body: object = None,
    *,
    method: str = "",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, str], Any]:
    """Do the same in a running event loop."""
    content = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    encoded = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
        "method": method or ("GET" if body is None else "POST"), "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": encoded,
    }  # fmt: skip
    sent: list[Message] = []
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    text = b"".join(message.get("body", b"") for message in sent[1:])
    as_json = answered.get("content-type", "").startswith("application/json")
    return sent[0]["status"], answered, orjson.loads(text) if as_json else text.decode()
