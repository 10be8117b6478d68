"""The model card ``src/models/README.md``: what was measured, and how to use the model.

References
----------
Mitchell et al. (2019), Model Cards for Model Reporting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from sklearn.base import BaseEstimator

from src.params import Evaluate
from src.schema import Schema

PACKAGES = ("scikit-learn", "skrub", "skops", "pandas", "numpy")
"""What a consumer needs, in the versions that made the model."""


def card(  # noqa: PLR0913 - everything a card tells of
    estimator: BaseEstimator,
    contract: Schema,
    data: dict[str, Any],
    metrics: dict[str, Any],
    settings: Evaluate,
    *,
    trusted: Sequence[str],
) -> str:
    """Return the card as Markdown; the same model, data and settings give the same bytes.

    Parameters
    ----------
    estimator
        The last step of the pipeline.
    trusted
        The types in the model's file that skops does not trust by itself.
    data
        What prepare recorded: ``table``, ``split``, ``rows``.
    metrics
        The contents of ``metrics/metrics.json``.
    """
    sections = {
        f"Model card: {contract.target}": _summary(estimator, contract, metrics),
        "Scores": _scores(metrics, settings),
        "Slices": _slices(metrics, settings),
        "Data": _data(contract, data, metrics),
        "Limits": _limits(contract, metrics),
        "Estimator": _estimator(estimator),
        "Use": _use(trusted, contract),
    }
    parts = []
    for level, (title, lines) in enumerate(sections.items()):
        parts += ["#" * min(level + 1, 2) + f" {title}", "", *lines, ""]
    return "\n".join(parts).rstrip() + "\n"


def _summary(estimator: BaseEstimator, contract: Schema, metrics: dict[str, Any]) -> list[str]:
    kind = type(estimator)
    classes = contract.columns[contract.target].levels or ["False", "True"]
    predicts = {
        "regression": "a number",
        "binary": f"one of {', '.join(classes)}; scores speak of `{contract.positive}`",
        "multiclass": f"one of {', '.join(classes)}",
    }[contract.task]
    return [
        f"`{kind.__module__.split('._')[0]}.{kind.__qualname__}` predicts `{contract.target}` "
        f"({predicts}) from {len(contract.features)} columns. Written by `dvc repro` from what it "
        f"measured on {metrics['test']['rows']:,} rows that the model has not seen.",
    ]


def _scores(metrics: dict[str, Any], settings: Evaluate) -> list[str]:
    share = f"{settings.bootstrap.confidence:.0%} interval"
    test, train, dummy = metrics["test"], metrics["train"], metrics["dummy"]
    rows = [
        (f"`{name}`", _number(test[name]), _interval(bounds), _number(train[name]),
         _number(dummy[name]))
        for name, bounds in test["interval"].items()
    ]  # fmt: skip
    return _table(("score", "test", share, "train", "dummy"), rows)


def _slices(metrics: dict[str, Any], settings: Evaluate) -> list[str]:
    first = next(iter(metrics["test"]["interval"]))
    rows = []
    for column, levels in metrics["slices"].items():
        for level, scores in levels.items():
            known = first in scores
            rows.append(
                (f"`{column}`", level, f"{scores['rows']:,}",
                 _number(scores[first]) if known else "too few",
                 _interval(scores["interval"][first]) if known else "")
            )  # fmt: skip
    if not rows:
        return ["None were asked for (`evaluate.slices.columns` in `params.yaml`)."]
    note = (
        f"Slices of fewer than {settings.slices.min_rows} rows have no score; `none` is a score "
        "that the rows leave undefined, as those of one class do."
    )
    return [*_table(("column", "slice", "rows", f"`{first}`", "interval"), rows), "", note]


def _data(contract: Schema, data: dict[str, Any], metrics: dict[str, Any]) -> list[str]:
    rows, split = data["rows"], data["split"]
    by = {"row": "a hash of each row's key", "group": "a hash of the group", "time": "time"}
    return [
        f"- Source: {contract.source.name}, {contract.source.origin} ({contract.source.licence})",
        f"- Table: `{data['table']['path']}`, {rows['raw']:,} rows, md5 `{data['table']['md5']}`",
        f"- Dropped: {rows['duplicates_dropped']:,} duplicates, "
        f"{rows['without_target_dropped']:,} rows without target",
        f"- Split by {by[split['by']]}: {rows['train']:,} rows for training, {rows['test']:,} for "
        f"the test (test set `{metrics['test']['hash'][:16]}`)",
    ]


def _limits(contract: Schema, metrics: dict[str, Any]) -> list[str]:
    nullable = sum(contract.columns[name].nullable for name in contract.features)
    return [
        f"- Measured on {metrics['test']['rows']:,} rows: the intervals above say how little or "
        "how much that tells.",
        "- It holds for rows like those of the table above; `python -m src.predict` refuses tables "
        "that break `data/schema.yaml`, but cannot know that the world has changed.",
        f"- {nullable} of {len(contract.features)} columns may be empty; the others must be there.",
        "- Categories that training has not seen count as missing.",
    ]


def _estimator(estimator: BaseEstimator) -> list[str]:
    changed = _changed(estimator)
    rows = [(f"`{name}`", f"`{value}`") for name, value in sorted(changed.items())]
    made_with = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return [
        *(_table(("hyperparameter", "value"), rows) or ["All hyperparameters are the defaults."]),
        "",
        f"Made with {made_with}.",
    ]


def _changed(estimator: BaseEstimator) -> dict[str, Any]:
    """Return the hyperparameters that are not the estimator's defaults."""
    own = estimator.get_params(deep=False)
    try:
        default = type(estimator)().get_params(deep=False)
    except TypeError:  # it has hyperparameters without a default
        default = {}
    return {name: value for name, value in own.items()
            if name not in default or repr(value) != repr(default[name])}  # fmt: skip


def _use(trusted: Sequence[str], contract: Schema) -> list[str]:
    kinds = {name: contract.columns[name].kind for name in contract.features}
    texts = {
        name: "category" if kind == "categorical" else "str"
        for name, kind in kinds.items()
        if kind in ("categorical", "text")
    }
    dates = [name for name, kind in kinds.items() if kind == "datetime"]
    arguments = [
        '"new.csv"',
        f"sep={contract.csv.delimiter!r}",
        f"decimal={contract.csv.decimal!r}",
        f"dtype={texts}" if texts else "",
        f"parse_dates={dates}" if dates else "",
    ]
    method = "predict" if contract.task == "regression" else "predict_proba"
    return [
        "In a clone, with the contract checked and in any size:",
        "",
        "    dvc pull",
        "    python -m src.predict new.csv predictions.csv",
        "",
        "From anywhere, with no code of this repository (`pip install "
        + " ".join(f"{package}=={version(package)}" for package in PACKAGES[:3])
        + "`):",
        "",
        "    dvc get --rev TAG REPOSITORY src/models/model.skops",
        "",
        "```python",
        "import pandas as pd",
        "import skops.io",
        "",
        "trusted = [",
        *(f'    "{name}",' for name in trusted),
        "]",
        'model = skops.io.load("model.skops", trusted=trusted)',
        f"table = pd.read_csv({', '.join(filter(None, arguments))})",
        f"print(model.{method}(table[model.feature_names_in_]))",
        "```",
    ]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a Markdown table; nothing without rows."""
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    if not cells:
        return []
    rule = ["---"] * len(header)
    return ["| " + " | ".join(row) + " |" for row in [list(header), rule, *cells]]


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"


def _interval(bounds: dict[str, float | None]) -> str:
    if bounds["low"] is None:
        return ""
    return f"{_number(bounds['low'])} to {_number(bounds['high'])}"
