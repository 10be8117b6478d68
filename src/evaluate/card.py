"""The model card ``src/models/README.md``: what was measured, and how to use the model.

References
----------
Mitchell et al. (2019), Model Cards for Model Reporting.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from src.base.contract import Contract
from src.base.kinds import Kind
from src.evaluate.settings import Evaluate
from src.modelling.ensemble import calibration_of, members_of
from src.modelling.metrics import leading
from src.results.markdown import code, sentence
from src.saving.trust import OWN

READ_AS: dict[Kind, str] = {"categorical": "category", "text": "str"}
"""The dtype with which a consumer reads a column; others are what pandas takes them for."""

ALWAYS = ("scikit-learn", "skrub", "skops")
"""Packages that every model and its file need."""

COUNTS = ("table.path", "table.md5", "split.by", "rows.raw", "rows.train", "rows.test")
"""What the card tells of the file in which prepare counts."""

SPLIT_BY = {"row": "a hash of each row's key", "group": "a hash of the group", "time": "time"}


def card(  # noqa: PLR0913 - everything a card tells of
    model: Pipeline,
    contract: Contract,
    counts: dict[str, Any],
    metrics: dict[str, Any],
    settings: Evaluate,
    *,
    trusted: Sequence[str],
    wheel: Path,
) -> str:
    """Return the card as Markdown; the same model, data and settings give the same bytes.

    Parameters
    ----------
    counts
        What prepare recorded: ``table``, ``split``, ``rows``.
    metrics
        The contents of ``metrics/details.json``.
    trusted
        The types in the model's file that skops does not trust by itself.
    wheel
        Where the repository's own feature steps are packed.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown, not HTML
    )  # fmt: skip
    environment.filters |= {
        "number": _number,
        "interval": _interval,
        "code": code,
        "sentence": sentence,
    }
    members = members_of(model)
    needed = packages(model, trusted)
    return environment.get_template("card.md.j2").render(
        contract=contract,
        counts=counts,
        metrics=metrics,
        settings=settings,
        trusted=trusted,
        wheel=wheel,
        members=len(members),
        calibration=calibration_of(model),
        own=[code(name) for name in trusted if name.startswith(OWN)],
        kinds=list(dict.fromkeys(map(_kind, members))),
        predicts=_predicts(contract),
        share=f"{settings.confidence:.0%}",
        lead=leading(contract.task).name,
        split_by=SPLIT_BY[counts["split"]["by"]],
        nullable=sum(contract.columns[name].nullable for name in contract.features),
        made_with=[f"{name} {version(name)}" for name in (*needed, "pandas", "numpy")],
        requirements=[f"{name}=={version(name)}" for name in needed],
        reader=_reader(contract),
        columns="model.feature_names_in_"
        if hasattr(model, "feature_names_in_")
        else contract.features,
        method="predict" if contract.task == "regression" else "predict_proba",
    )


def packages(model: Pipeline, trusted: Iterable[str]) -> list[str]:
    """Return the packages that whoever loads the model must install besides pandas and numpy.

    They are those of its steps, of the objects inside them, and of the types to be trusted.
    """
    parts = [model, *model.get_params().values()]
    modules = {type(part).__module__.partition(".")[0] for part in parts}
    modules |= {name.partition(".")[0] for name in trusted}
    # `sklearn` is ALWAYS there, the others bring numpy and scipy along.
    others = modules - {"sklearn", "skrub", "skops", "pandas", "numpy", "scipy"}
    others -= sys.stdlib_module_names
    known = packages_distributions() if others else {}
    rest = {known[module][0] for module in others if module in known}
    return [*ALWAYS, *sorted(rest)]


def _predicts(contract: Contract) -> str:
    if contract.task == "regression":
        return "a number"
    levels = contract.columns[contract.target].levels or ["False", "True"]
    classes = ", ".join(map(sentence, levels))
    positive = f"; scores speak of {code(contract.positive)}" if contract.task == "binary" else ""
    return f"one of {classes}{positive}"


@dataclass(frozen=True)
class KindOfMember:
    """An estimator by its path, with the hyperparameters that are not its defaults, as text."""

    path: str
    hyperparameters: tuple[tuple[str, str], ...]


def _kind(member: BaseEstimator) -> KindOfMember:
    kind = type(member)
    path = f"{kind.__module__.partition('._')[0]}.{kind.__qualname__}"
    changed = sorted(_changed(member).items())
    return KindOfMember(path, tuple((name, str(value)) for name, value in changed))


def _changed(estimator: BaseEstimator) -> dict[str, Any]:
    """Return the hyperparameters that are not the estimator's defaults."""
    own = estimator.get_params(deep=False)
    try:
        default = type(estimator)().get_params(deep=False)
    except TypeError:  # it has hyperparameters without a default
        default = {}
    return {name: value for name, value in own.items()
            if name not in default or repr(value) != repr(default[name])}  # fmt: skip


def _reader(contract: Contract) -> list[str]:
    """Return the arguments with which pandas reads a new table as the contract says."""
    kinds = {name: contract.columns[name].kind for name in contract.features}
    texts = {name: READ_AS[kind] for name, kind in kinds.items() if kind in READ_AS}
    dates = [name for name, kind in kinds.items() if kind == "datetime"]
    arguments = [
        '"new.csv"',
        f"sep={contract.csv.delimiter!r}",
        f"decimal={contract.csv.decimal!r}",
        f"dtype={texts}" if texts else "",
        f"parse_dates={dates}" if dates else "",
    ]
    return [argument for argument in arguments if argument]


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"


def _interval(bounds: dict[str, float | None]) -> str:
    if bounds["low"] is None:
        return ""
    return f"{_number(bounds['low'])} to {_number(bounds['high'])}"
