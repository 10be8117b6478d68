"""What a published model is compared with: the files of its release, from git and the storage."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src.base.contract import Contract
from src.base.errors import InputError
from src.base.files import md5, parse_json, require_keys
from src.base.settings import PARAMS, parse_yaml
from src.modelling.metrics import Metric, metrics_of, unknown
from src.monitor import bins
from src.monitor.bins import Bins
from src.monitor.estimated import Calibration, calibrate
from src.repository.dvc_lock import LOCK, md5_of
from src.repository.project import this_project
from src.repository.revisions import Revision, find, releases
from src.results.predictions_file import Recorded, read_predictions
from src.saving.model_file import load_model, types_to_trust
from src.saving.trust import FEATURES, OWN, read_trust


@dataclass(frozen=True)
class Margin:
    """The largest loss that would not matter, as the gate has it (``gate.no_regression``)."""

    metric: Metric
    margin: float


@dataclass(frozen=True)
class Reference:
    """A release.

    Attributes
    ----------
    profile
        The profile of each column of the training set, as prepare wrote it.
    rows
        Independent rows of the training set.
    test
        The predictions of the test set.
    split
        What train and test set are split by: ``row``, ``group`` or ``time``.
    folder
        Where its model is put.
    """

    revision: Revision
    contract: Contract
    profile: dict[str, Any]
    rows: float
    test: Recorded
    split: str
    unit: str
    margin: Margin
    paths: dict[str, dict[str, Any]]
    folder: Path

    @property
    def test_rows(self) -> float:
        """Independent rows of the test set."""
        return float(self.test.unit_count if self.unit in GROUPED else len(self.test.keys))

    @functools.cached_property
    def columns(self) -> dict[str, Bins]:
        """The bins of each feature that has a profile."""
        found = {name: bins.bins(self.profile[name], self.rows) for name in self.contract.features
                 if name in self.profile}  # fmt: skip
        return {name: one for name, one in found.items() if one is not None}

    @functools.cached_property
    def predictions(self) -> Bins:
        """The bins of what was predicted of the test set."""
        predicted = self.test.predicted
        if predicted.task == "multiclass":
            return bins.of_classes(predicted.predicted, predicted.classes)
        return bins.of_predictions(predicted.output[:, -1])

    @functools.cached_property
    def calibration(self) -> Calibration | None:
        """What calibrates predicted probabilities; None in a regression."""
        return calibrate(self.test.predicted) if self.test.predicted.classes else None

    @functools.cached_property
    def model(self) -> Any:  # noqa: ANN401 - any fitted scikit-learn estimator
        """The model, whose hash is the one in the release's ``dvc.lock``.

        Raises
        ------
        InputError
            It cannot be fetched, is another, or has steps whose code is not that of this clone.
        """
        path = _fetched(self.revision, self.paths["model.skops"], self.folder)
        steps = self.paths.get(FEATURES.name, {}).get("md5")
        own = [name for name in types_to_trust(path) if name.startswith(OWN)]
        if own and md5(FEATURES) != steps:
            raise InputError(
                f"{FEATURES}: not the code of {own[0]} that {self.revision.name} was trained with. "
                f"Check it out: `git checkout {self.revision.name}`."
            )
        return load_model(path, read_trust(), any_version=True)


GROUPED = ("group", "equal rows")
"""Units of the test set that hold several rows."""


def find_release(name: str) -> Revision:
    """Find a release by its tag; without a name the one in force, as the gate has it.

    Raises
    ------
    InputError
        There is none.
    """
    if name:
        return find(name)
    published = releases("--merged", "HEAD")
    if not published:
        raise InputError(
            f"no tag {this_project().tags} is reachable from this commit: nothing is published "
            "that could be watched. Publish it (`make publish`), or name a revision: --release "
            "HEAD"
        )
    return find(published[0])


def read_reference(revision: Revision, folder: Path) -> Reference:
    """Read what git has of a release, and fetch its predictions of the test set.

    Raises
    ------
    InputError
        A file is missing or damaged, or not the one that the release's ``dvc.lock`` records.
    """
    paths = _paths(revision)
    place = {name: Path(entry["path"]) for name, entry in paths.items()}
    contract = revision.contract(place["schema.yaml"])
    profile = _json(revision, place["profile.json"], "rows", "columns")
    details = _json(revision, place["details.json"], "test.unit.kind", "test.unit.count")
    counts = _json(revision, place["data.json"], "split.by")
    unit = details["test"]["unit"]["kind"]
    test = read_predictions(_fetched(revision, paths["predictions.parquet"], folder), contract)
    alone = test.unit_count / len(test.keys) if unit in GROUPED else 1.0
    return Reference(
        revision=revision,
        contract=contract,
        profile=profile["columns"],
        rows=profile["rows"] * alone,
        test=test,
        split=counts["split"]["by"],
        unit=unit,
        margin=_margin(revision, contract),
        paths=paths,
        folder=folder,
    )


def _fetched(revision: Revision, entry: dict[str, Any], folder: Path) -> Path:
    """Get a file that DVC tracks: the one that is here, if its hash is the release's."""
    path = Path(entry["path"])
    return path if md5_of(path) == entry.get("md5") else revision.fetch(path, folder)


def _json(revision: Revision, path: Path, *keys: str) -> dict[str, Any]:
    where = f"{path} of {revision.name}"
    content = parse_json(revision.text(path), where)
    require_keys(content, where, *keys)
    return content


def _paths(revision: Revision) -> dict[str, dict[str, Any]]:
    """Return the entry of each file that a stage has read or written, by the file's name."""
    where = f"{LOCK} of {revision.name}"
    content = parse_yaml(revision.text(LOCK), where)
    require_keys(content, where, "stages")
    entries = [
        entry for stage in content["stages"].values()
        for entry in [*stage.get("deps", []), *stage.get("outs", [])]
    ]  # fmt: skip
    found = {Path(entry["path"]).name: entry for entry in entries}
    needed = ("schema.yaml", "profile.json", "details.json", "data.json", "predictions.parquet",
              "model.skops")  # fmt: skip
    if missing := [name for name in needed if name not in found]:
        raise InputError(f"{where}: no stage wrote {missing[0]}. Run `dvc repro`, and publish it.")
    return found


def _margin(revision: Revision, contract: Contract) -> Margin:
    where = f"{PARAMS} of {revision.name}"
    content = parse_yaml(revision.text(PARAMS), where)
    keys = [f"gate.no_regression.{key}" for key in ("metric", "margin")]
    require_keys(content, where, *keys)
    rule = content["gate"]["no_regression"]
    metric = metrics_of(contract.task).get(rule["metric"])
    if metric is None:
        name = unknown(rule["metric"], contract.task)
        raise InputError(f"{where}: gate.no_regression.metric: {name}")
    return Margin(metric, float(rule["margin"]))
