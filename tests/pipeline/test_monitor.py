"""Batches of the default model compared with its release, by the command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.clone import Clone
from tests.pipeline.storage import Remote
from tools.s3 import BUCKET

TABLE = "data/raw/breast_cancer.csv"
HEAD = ("--release", "HEAD")
OUT = Path("report/monitor")


def monitor(clone: Clone, *arguments: str) -> subprocess.CompletedProcess[str]:
    return clone.run("python", "-m", "src.monitor", *arguments)


def table(clone: Clone) -> pd.DataFrame:
    return pd.read_csv(clone.folder / TABLE)


def changed(clone: Clone) -> None:
    """Write a batch with a column that matters and one that does not, and labels of another day."""
    rows = table(clone)
    rows["worst_perimeter"] *= 1.5
    rows["texture_error"] += 0.8
    rows.to_csv(clone.folder / "batch.csv", index=False)
    wrong = np.random.default_rng(0).random(len(rows)) < 0.8
    rows.loc[wrong, "diagnosis"] = rows.loc[wrong, "diagnosis"].sample(frac=1, random_state=0).array
    rows.to_csv(clone.folder / "labels.csv", index=False)


def test_a_batch_like_the_training_set_raises_no_alarm(built: Clone) -> None:
    ran = monitor(built, TABLE, "--labels", TABLE, *HEAD)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "569 rows, 569 with a label" in ran.stdout
    assert "no alarm in 1 batch" in ran.stdout
    written = sorted(path.name for path in (built.folder / OUT).iterdir())
    assert written == ["index.html", "issue.md", "metrics.txt", "monitor.env"]
    assert built.read(f"{OUT}/monitor.env") == "MONITOR_ALARM=no\nMONITOR_REFRESH=no\n"
    assert 'source="measured",on="batch"} 0.99' in built.read(f"{OUT}/metrics.txt")
    assert built.status() == ""


def test_what_moved_is_ranked_by_what_it_does_and_labels_show_the_loss(built: Clone) -> None:
    changed(built)
    ran = monitor(built, "batch.csv", "--labels", "labels.csv", *HEAD)
    assert (ran.returncode, ran.stderr) == (1, "")
    text = built.read(f"{OUT}/issue.md")
    assert "- **measured**: ROC AUC 0." in text
    assert "more than the margin of 0.02" in text
    moved = next(line for line in text.splitlines() if line.startswith("- **columns**"))
    assert "2 of 30 columns have moved: `worst_perimeter` (moves predictions by 0.0" in moved
    figures = built.read(f"{OUT}/metrics.txt")
    index = {name: float(figures.split(f'column="{name}",role="feature"}} ')[1].split("\n")[0])
             for name in ("worst_perimeter", "texture_error")}  # fmt: skip
    assert index["texture_error"] > index["worst_perimeter"]  # it moved further, and matters less
    assert built.read(f"{OUT}/monitor.env") == "MONITOR_ALARM=yes\nMONITOR_REFRESH=yes\n"


def test_what_predict_wrote_is_taken_for_what_was_served(built: Clone) -> None:
    changed(built)
    built.succeed("python", "-m", "src.predict", "batch.csv", "scored.csv")
    scored = pd.read_csv(built.folder / "scored.csv")
    both = pd.concat([pd.read_csv(built.folder / "batch.csv"), scored], axis=1)
    both.to_csv(built.folder / "both.csv", index=False)
    assert monitor(built, "batch.csv", *HEAD).returncode == 1
    by_model = built.read(f"{OUT}/metrics.txt").replace("batch.csv", "x")
    assert monitor(built, "both.csv", *HEAD).returncode == 1
    assert built.read(f"{OUT}/metrics.txt").replace("both.csv", "x") == by_model
    assert monitor(built, "scored.csv", *HEAD).returncode in (0, 1)
    assert "predictions only: its columns are not compared" in built.read(f"{OUT}/issue.md")


def test_a_batch_that_breaks_the_contract_is_an_alarm_and_asks_for_no_new_data(
    built: Clone,
) -> None:
    rows = table(built)
    rows.loc[:2, "mean_area"] = -1
    rows.to_csv(built.folder / "batch.csv", index=False)
    ran = monitor(built, "batch.csv", *HEAD)
    assert ran.returncode == 1
    assert "mean_area: 3 cells too small" in ran.stdout
    assert built.read(f"{OUT}/monitor.env") == "MONITOR_ALARM=yes\nMONITOR_REFRESH=no\n"
    assert "Not scored: `predict` refuses" in built.read(f"{OUT}/issue.md")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((TABLE,), "nothing is published that could be watched"),
        ((TABLE, "--release", "model-v9.9.9"), "does not know the revision 'model-v9.9.9'"),
        (("missing.csv", *HEAD), "missing.csv: no such file"),
        ((TABLE, "--labels", "labels.csv", *HEAD), "column mean_radius: missing"),
        (("served.csv", *HEAD), "expected probabilities as `predict` writes them"),
    ],
)
def test_what_cannot_be_compared_is_one_message_and_keeps_the_old_page(
    built: Clone, arguments: tuple[str, ...], told: str
) -> None:
    built.write("labels.csv", "diagnosis\nbenign\n")
    built.write("served.csv", "probability_benign,probability_malignant\n0.5,0.9\n")
    built.write(f"{OUT}/index.html", "old")
    ran = monitor(built, *arguments)
    assert ran.returncode == 2
    assert told in ran.stderr
    assert ran.stderr.startswith("error: ")
    assert "Traceback" not in ran.stderr
    assert [path.name for path in (built.folder / OUT).iterdir()] == ["index.html"]
    assert built.read(f"{OUT}/index.html") == "old"


def test_parts_in_s3_are_compared_with_the_release_in_force(two: Remote) -> None:
    rows = table(two.clone)
    place = two.server.bucket / "scored/today"
    place.mkdir(parents=True)
    rows[:300].to_csv(place / "0.csv", index=False)
    rows[300:].to_csv(place / "1.csv", index=False)
    rows.to_csv(place.with_name("labels.csv"), index=False)
    two.server.restart()
    address = f"s3://{BUCKET}/scored"
    ran = monitor(two.clone, f"{address}/today/", "--labels", f"{address}/labels.csv")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "569 rows, 569 with a label" in ran.stdout
    assert 'release="model-v1.1.0"' in two.clone.read(f"{OUT}/metrics.txt")
    ran = monitor(two.clone, f"s3://{BUCKET}/nowhere")
    assert ran.returncode == 2
    assert "no such object" in ran.stderr


def test_make_says_which_batch_it_needs(built: Clone) -> None:
    built.mark_environment()
    ran = built.run("make", "monitor")
    assert ran.returncode == 2
    assert "make monitor BATCH=table" in ran.stderr
    fine = built.run("make", "monitor", f"BATCH={TABLE}", "RELEASE=HEAD")
    assert fine.returncode == 0, fine.stderr
