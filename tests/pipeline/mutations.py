"""Ways to break what the default pipeline leaves, and the check of the gate that names each."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd

from src.repository.dvc_lock import md5_of
from tests.clone import Clone
from tests.gate import PATHS

METRICS, DETAILS, PREDICTIONS, MODEL, TRAIN, _, CONTRACT, _ = PATHS
OUT_OF_FOLD = "data/prepared/out_of_fold.parquet"
ACTUAL, BENIGN, MALIGNANT = "actual", "probability_benign", "probability_malignant"


def relock(clone: Clone, path: str) -> None:
    """Let dvc.lock record a file as it is now, as whoever forges it would."""
    *_, before = (
        line.split()[-1]
        for block in clone.read("dvc.lock").split("- path: ")
        if block.startswith(f"{path}\n")
        for line in block.splitlines()
        if line.strip().startswith("md5:")
    )
    after = md5_of(clone.folder / path)
    assert after is not None
    clone.write("dvc.lock", clone.read("dvc.lock").replace(before, after))


def predictions(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Clone], None]:
    """Change the predictions and forge dvc.lock."""

    def apply(clone: Clone) -> None:
        path = clone.folder / PREDICTIONS
        change(pd.read_parquet(path)).to_parquet(path, index=False)
        relock(clone, PREDICTIONS)

    return apply


def details(change: Callable[[Any], object], *, forge: bool = True) -> Callable[[Clone], None]:
    """Change details.json and, unless told otherwise, forge dvc.lock."""

    def apply(clone: Clone) -> None:
        content = json.loads(clone.read(DETAILS))
        change(content)
        clone.write(DETAILS, json.dumps(content, indent=2))
        if forge:
            relock(clone, DETAILS)

    return apply


def flattered(clone: Clone) -> None:
    """Raise a score of metrics.json alone, and forge dvc.lock."""
    clone.write(METRICS, json.dumps(json.loads(clone.read(METRICS)) | {"roc_auc": 0.999}))
    relock(clone, METRICS)


def swap_labels(frame: pd.DataFrame) -> pd.DataFrame:
    other = {"benign": "malignant", "malignant": "benign"}
    return frame.assign(actual=frame[ACTUAL].map(other))


def swap_probabilities(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{BENIGN: frame[MALIGNANT], MALIGNANT: frame[BENIGN]})


def foresee(frame: pd.DataFrame) -> pd.DataFrame:
    sure = (frame[ACTUAL] == "malignant").astype(float)
    return frame.assign(predicted=frame[ACTUAL], **{BENIGN: 1 - sure, MALIGNANT: sure})


def foresee_everywhere(clone: Clone) -> None:
    """Forge predictions, the scores that follow from them, and dvc.lock."""
    predictions(foresee)(clone)
    perfect = dict.fromkeys(["log_loss", "brier_score"], 0.0)
    details(lambda content: content["test"].update(
        {name: perfect.get(name, 1.0) for name in content["test"]["interval"]}
        | {"log_loss": 2.22045e-16}
    ))(clone)  # fmt: skip


def another_model(clone: Clone, *, forge: bool) -> None:
    """Train with another parameter, put it back, do not evaluate."""
    clone.edit("params.yaml", "max_iter: 20", "max_iter: 5")
    paths = (TRAIN, CONTRACT, "metrics/search/best.json", MODEL, "metrics/folds", OUT_OF_FOLD)
    clone.succeed("python", "-m", "src.train", *paths)
    clone.edit("params.yaml", "max_iter: 5", "max_iter: 20")
    clone.succeed("git", "checkout", "--quiet", "metrics/folds")
    clone.succeed("dvc", "checkout", "--quiet", "--force", OUT_OF_FOLD)
    if forge:
        relock(clone, MODEL)


def lower_a_slice(content: Any) -> None:  # noqa: ANN401 - JSON
    next(iter(content["slices"]["mean_area"].values()))["accuracy"] = 0.7


def settings(old: str, new: str) -> Callable[[Clone], None]:
    """Change the section gate of params.yaml."""
    return lambda clone: clone.edit("params.yaml", old, new)


def remove(path: str) -> Callable[[Clone], None]:
    """Delete a file."""
    return lambda clone: (clone.folder / path).unlink()


MUTATIONS: dict[str, tuple[Callable[[Clone], None], str, str]] = {
    "labels swapped": (predictions(swap_labels), "test_set", "another test set"),
    "one label flipped": (
        predictions(lambda frame: pd.concat([swap_labels(frame[:1]), frame[1:]])),
        "test_set", "another test set",
    ),
    "rows dropped": (predictions(lambda frame: frame[:-9]), "test_set", "124 rows"),
    "rows doubled": (
        predictions(lambda frame: pd.concat([frame, frame[:5]])), "test_set", "138 rows",
    ),
    "rows in another order": (predictions(lambda frame: frame[::-1]), "test_set", "order"),
    "a NaN probability": (
        predictions(lambda frame: frame.assign(**{BENIGN: frame[BENIGN].where(frame.index > 0)})),
        "predictions", "holds nulls",
    ),
    "probabilities swapped": (predictions(swap_probabilities), "predictions", "most probable"),
    "probabilities doubled": (
        predictions(lambda frame: frame.assign(**{BENIGN: 2 * frame[BENIGN]})),
        "predictions", "sum to one",
    ),
    "an unknown class": (
        predictions(lambda frame: frame.assign(actual="unsure")), "predictions", "unknown classes",
    ),
    "a column renamed": (
        predictions(lambda frame: frame.rename(columns={MALIGNANT: "probability"})),
        "predictions", "found the columns",
    ),
    "predictions that know the truth": (predictions(foresee), "scores", "do not follow|does not"),
    "predictions and scores forged together": (foresee_everywhere, "model", "does not give"),
    "predictions missing": (remove(PREDICTIONS), "predictions", "cannot be read"),
    "a metric renamed": (
        details(lambda content: content["test"].update(auc=content["test"].pop("roc_auc"))),
        "bounds.test.roc_auc", "no such number",
    ),
    "a metric null": (
        details(lambda content: content["test"].update(roc_auc=None)),
        "bounds.test.roc_auc", "Not a finite number",
    ),
    "a metric NaN": (
        details(lambda content: content["test"].update(recall=float("nan"))),
        "bounds.test.recall", "Not a finite number",
    ),
    "a metric as text": (
        details(lambda content: content["test"].update(recall="0.99")),
        "bounds.test.recall", "Not a finite number",
    ),
    "a metric below its bound": (
        details(lambda content: content["test"].update(recall=0.5)),
        "bounds.test.recall", "breaks the bound",
    ),
    "one slice lowered": (
        details(lower_a_slice), "bounds.slices.mean_area.*.accuracy", "423 to 558.7",
    ),
    "slices removed": (
        details(lambda content: content["slices"].clear()),
        "bounds.slices.mean_area.*.accuracy", "no such number",
    ),
    "metrics edited by hand": (
        details(lambda content: content["test"].update(roc_auc=0.995), forge=False),
        "lock.outputs", DETAILS,
    ),
    "metrics and dvc.lock edited by hand": (
        details(lambda content: content["test"].update(roc_auc=0.995)), "scores", "roc_auc 0.995",
    ),
    "an interval end edited by hand": (
        details(lambda content: content["test"]["interval"]["roc_auc"].update(low=0.98),
                forge=False),
        "lock.outputs", DETAILS,
    ),
    "another test set's hash": (
        details(lambda content: content["test"].update(hash="0" * 64)), "test_set", "000000000000",
    ),
    "the headline and dvc.lock edited by hand": (
        flattered, "metrics", "metrics.json says roc_auc 0.999, which is not what details.json",
    ),
    "details missing": (remove(DETAILS), "metrics", "no such file"),
    "metrics missing": (remove(METRICS), "metrics", "no such file"),
    "metrics no JSON": (lambda clone: clone.write(METRICS, "{"), "metrics", "no readable JSON"),
    "metrics a list": (lambda clone: clone.write(METRICS, "[]"), "metrics", "JSON object"),
    "a plot's data edited": (
        lambda clone: clone.write("metrics/plots/roc.csv", "fpr,tpr\n0,1\n"),
        "lock.outputs", "metrics/plots",
    ),
    "the model replaced": (
        lambda clone: another_model(clone, forge=False), "lock.outputs", MODEL,
    ),
    "the model and dvc.lock replaced": (
        lambda clone: another_model(clone, forge=True), "model", "does not give",
    ),
    "the model missing": (remove(MODEL), "lock.outputs", f"{MODEL} is missing"),
    "the model too large": (
        settings("5_000_000", "5_000"), "budgets.model_bytes", "bytes",
    ),
    "a parameter changed without dvc repro": (
        settings("max_iter: 20", "max_iter: 19"), "lock.inputs", "train of params.yaml",
    ),
    "code changed without dvc repro": (
        lambda clone: clone.edit("src/modelling/metrics.py", "Every metric", "Each metric"),
        "lock.inputs", "src/modelling",
    ),
    "the positive class exchanged": (
        lambda clone: clone.edit(CONTRACT, "positive: malignant", "positive: benign"),
        "lock.inputs", CONTRACT,
    ),
    "dvc.lock missing": (remove("dvc.lock"), "lock", "no such file"),
    "an unknown metric bounded": (
        settings("test.roc_auc: {min: 0.97}", "test.roc_acu: {min: 0.97}"),
        "bounds.test.roc_acu", "did you mean 'test.roc_auc'",
    ),
    "no release and none allowed to be missing": (
        settings("allow_missing_baseline: true", "allow_missing_baseline: false"),
        "baseline", "gate.allow_missing_baseline",
    ),
}  # fmt: skip
