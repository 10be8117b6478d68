"""Both versions of the template's pipeline become what a team has made of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from dvc.utils.serialize import modify_yaml

from src.base.errors import InputError
from src.base.settings import parse_yaml
from src.upgrade.fitted import named_as, pipeline_as
from src.upgrade.yaml_text import block, keys, remove

EARLIER = Path("tests/earlier/0.2.0/dvc.yaml").read_text(encoding="utf-8")
NOW = Path("tests/default/dvc.yaml").read_text(encoding="utf-8")


def test_a_pipeline_keeps_the_stages_and_metrics_of_its_own() -> None:
    base = "stages:\n  ingest:\n    cmd: a\n\n  train:\n    cmd: b\n\nmetrics:\n  - m.json\n"
    own = (
        "stages:\n  query:\n    cmd: q\n\n  train:\n    cmd: b\n\n  # Ours.\n  business:\n"
        "    cmd: c\n\nmetrics:\n  - m.json\n  - ours.json\n"
    )
    assert pipeline_as(base, base, own) == own
    target = "stages:\n  search:\n    cmd: s\n\n  train:\n    cmd: new\n"
    assert parse_yaml(pipeline_as(target, base, own), "dvc.yaml") == {
        "stages": {name: {"cmd": cmd} for name, cmd in
                   [("query", "q"), ("search", "s"), ("train", "new"), ("business", "c")]},
        "metrics": ["ours.json"],
    }  # fmt: skip


def test_plots_are_added_and_removed_one_by_one() -> None:
    own = EARLIER + "  - Ours:\n      y: {a.csv: b}\n"
    for name in ("Confusion matrix", "F1 by class", "Predicted against actual", "Residuals"):
        own = remove(own, "plots", name)
    assert pipeline_as(EARLIER, EARLIER, own) == own
    made = pipeline_as(NOW, EARLIER, own)
    assert set(keys(made, "plots")) == {*keys(own, "plots")} | (
        {*keys(NOW, "plots")} - {*keys(EARLIER, "plots")}
    )
    assert block(made, "plots", "Ours") == block(own, "plots", "Ours")


def test_a_file_that_dvc_has_written_anew_is_no_difference(tmp_path: Path) -> None:
    written = tmp_path / "dvc.yaml"
    written.write_text(EARLIER, encoding="utf-8")
    with modify_yaml(str(written)) as content:  # as `dvc remove ingest` does
        del content["stages"]["ingest"]
        content["stages"]["business"] = {"cmd": "echo"}
    own = written.read_text(encoding="utf-8")
    assert "\n- ROC curve:" in own
    assert pipeline_as(EARLIER, EARLIER, own).split() == own.split()
    made = pipeline_as(NOW, EARLIER, own)
    assert "\n- ROC curve:" in made
    assert keys(made, "stages") == ["prepare", "search", "train", "evaluate", "business"]


def test_a_stage_that_people_wrote_into_such_a_file_stays_as_they_wrote_it(tmp_path: Path) -> None:
    written = tmp_path / "dvc.yaml"
    written.write_text(EARLIER, encoding="utf-8")
    with modify_yaml(str(written)) as content:
        del content["stages"]["ingest"]
    stage = "\n  business:\n    cmd: echo\n    deps:\n      - a\n\nmetrics:\n"
    own = written.read_text(encoding="utf-8").replace("\nmetrics:\n", stage)
    made = pipeline_as(EARLIER, EARLIER, own)
    assert block(made, "stages", "business") == block(own, "stages", "business")
    assert made.split() == own.split()


def test_other_sections_are_kept_too() -> None:
    own = EARLIER[: EARLIER.index("\nmetrics:")] + "\nvars:\n  - x: 1\n"
    made = parse_yaml(pipeline_as(EARLIER, EARLIER, own), "dvc.yaml")
    assert made == parse_yaml(own, "dvc.yaml")


def test_a_stage_that_has_the_name_of_a_new_one_is_refused() -> None:
    own = EARLIER.replace("\nmetrics:", "\n  search:\n    cmd: ours\n\nmetrics:")
    with pytest.raises(InputError, match=r"stages has 'search'.* Rename yours"):
        pipeline_as(NOW, EARLIER, own)
    assert pipeline_as(own, EARLIER, own) == own  # as of a commit between two versions


def test_a_project_keeps_its_name() -> None:
    own = '[project]\nname = "churn"\nversion = "0.2.0"\ndescription = "Who leaves"\n'
    target = '[project]\nname = "model"\nversion = "0.3.0"\ndescription = "Develop"\n'
    assert named_as(target, "", own) == own.replace("0.2.0", "0.3.0")
