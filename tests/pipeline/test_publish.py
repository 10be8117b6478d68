"""From a repro to a consumer, through a real S3 server."""

import json
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

from src.repository import dvc_lock as lock
from tests.clone import Clone
from tests.pipeline.storage import PUBLISH, Remote

MODEL = "src/models/model.skops"


def new_rows(clone: Clone, path: Path) -> pd.DataFrame:
    """Write the test set as a table that nobody has labelled; return what evaluate predicted."""
    test = pd.read_parquet(clone.folder / "data/prepared/test.parquet")
    test.drop(columns=["row_key", "diagnosis"]).to_csv(path, index=False)
    return pd.read_parquet(clone.folder / "data/prepared/predictions.parquet")


def test_round_trip(remote: Remote, tmp_path: Path) -> None:
    clone = remote.clone
    published = clone.succeed(*PUBLISH)
    assert "model-v1.0.0: " in published
    assert remote.tags() == ["model-v1.0.0"]
    message = clone.succeed("git", "for-each-ref", "--format=%(contents)", "refs/tags/model-v1.0.0")
    assert str(lock.md5_of(clone.folder / MODEL)) in message
    assert re.search(r"roc_auc +0\.9940", message)
    assert {Path(name).parent.parent.as_posix() for name in remote.server.objects()} == {
        "files/md5"
    }

    elsewhere = remote.new_clone()
    recorded = new_rows(clone, tmp_path / "new.csv")
    elsewhere.succeed("dvc", "pull")
    elsewhere.succeed("python", "-m", "src.predict", "../new.csv", "predictions.csv")
    for table, told in (("predictions.csv", "is the table itself"), ("nix.csv", "no such file")):
        ran = elsewhere.run("python", "-m", "src.predict", table, "predictions.csv")
        assert ran.returncode == 1
        assert told in ran.stderr
    scored = pd.read_csv(elsewhere.folder / "predictions.csv")
    pd.testing.assert_frame_equal(
        scored, recorded[scored.columns].astype({"predicted": "str"}), check_exact=True
    )
    assert elsewhere.succeed("dvc", "status", "--json") == "{}\n"


def test_the_cards_snippet_needs_no_code_of_ours(remote: Remote, tmp_path: Path) -> None:
    remote.clone.succeed(*PUBLISH)
    empty = Clone(tmp_path / "consumer")
    empty.folder.mkdir()
    empty.environment = remote.clone.environment
    repository = str(remote.clone.folder)
    empty.succeed("dvc", "get", "--quiet", "--rev", "model-v1.0.0", repository, MODEL)
    recorded = new_rows(remote.clone, empty.folder / "new.csv")
    card = remote.clone.read("src/models/README.md")
    snippet = re.search(r"```python\n(.*?)```", card, re.DOTALL)
    assert snippet is not None
    empty.write("use.py", snippet[1].replace("print(", "import json; json.dump(")
                .replace("]))\n", "]).tolist(), open('out.json', 'w'))\n"))  # fmt: skip
    empty.succeed(sys.executable, "use.py")
    probabilities = pd.DataFrame(json.loads(empty.read("out.json")))
    expected = recorded.filter(like="probability_")
    assert (probabilities.to_numpy() == expected.to_numpy()).all()


def test_versions_follow_one_another(remote: Remote) -> None:
    clone = remote.clone
    clone.succeed(*PUBLISH)
    assert "model-v1.0.0 already names this dvc.lock" in clone.succeed(*PUBLISH)
    for bump, tag in (("patch", "model-v1.0.1"), ("major", "model-v2.0.0")):
        old = clone.read("dvc.lock")
        clone.write("dvc.lock", old + f"# {bump}\n")  # a comment changes the file, not what it says
        clone.commit(bump)
        remote.pass_gate()
        clone.succeed(*PUBLISH, "--bump", bump)
        assert tag in remote.tags()
    assert len(remote.tags()) == 3
    clone.succeed("git", "checkout", "--quiet", "model-v1.0.1")  # an older release, once more
    remote.pass_gate()
    assert "model-v2.1.0: " in clone.succeed(*PUBLISH)
    message = clone.succeed("git", "for-each-ref", "--format=%(contents)", "refs/tags/model-v2.1.0")
    assert "Repeats model-v1.0.1" in message


def test_what_is_not_built_gated_and_committed_is_not_published(remote: Remote) -> None:
    clone = remote.clone

    def refused(reason: str) -> None:
        ran = clone.run(*PUBLISH)
        assert ran.returncode == 1
        assert reason in ran.stderr
        assert "Traceback" not in ran.stderr
        assert (remote.tags(), remote.server.objects()) == ([], [])

    gate = clone.read("metrics/gate.json")
    (clone.folder / "metrics/gate.json").unlink()
    refused("metrics/gate.json: no such file. Make it again with `make gate`.")
    clone.write("metrics/gate.json", "{}")
    refused("no decision of the gate")
    clone.write("metrics/gate.json", gate.replace("passed", "inconclusive"))
    refused("the gate says 'inconclusive'")
    clone.write("metrics/gate.json", json.dumps({**json.loads(gate), "verifies": {}}))
    refused("does not say for which dvc.lock")
    changed = json.loads(gate)
    changed["verifies"]["metrics/details.json"] = "0" * 64
    clone.write("metrics/gate.json", json.dumps(changed))
    refused("the gate passed for another metrics/details.json")
    clone.write("metrics/gate.json", gate)
    clone.write("notes.txt", "untracked")
    refused("the work tree is not clean: notes.txt")
    (clone.folder / "notes.txt").unlink()
    clone.edit("params.yaml", "max_iter: 20", "max_iter: 10")
    refused("the work tree is not clean: params.yaml")
    clone.commit("a parameter, and no repro")
    refused("dvc.lock does not match the work tree: search changed, train changed")


def test_roll_back_in_one_command(remote: Remote) -> None:
    clone = remote.clone
    clone.succeed(*PUBLISH)
    old = (clone.folder / MODEL).read_bytes()
    clone.edit("params.yaml", "max_iter: 20", "max_iter: 10")
    clone.succeed("dvc", "repro", "--quiet")
    clone.commit("shorter")
    assert (clone.folder / MODEL).read_bytes() != old
    clone.mark_environment()
    assert "is back" in clone.succeed("make", "rollback", "TO=model-v1.0.0")
    assert (clone.folder / MODEL).read_bytes() == old
    assert clone.succeed("dvc", "status", "--json") == "{}\n"
    clone.commit("back to model-v1.0.0")
    assert clone.ran(clone.succeed("dvc", "repro")) == []


@pytest.mark.parametrize("arguments", [["remote"], ["adopt"]])
def test_targets_say_what_they_need(built: Clone, arguments: list[str]) -> None:
    built.mark_environment()
    ran = built.run("make", *arguments)
    assert ran.returncode == 2
    assert f"make {arguments[0]} " in ran.stderr


def test_an_extra_that_is_none_is_named_beside_those_there_are(built: Clone) -> None:
    built.mark_environment()
    ran = built.run("make", "gate", "EXTRAS=catbost")
    assert ran.returncode == 2
    assert "EXTRAS: there is no extra 'catbost'. Known: search, xgboost, " in ran.stderr
    locks = {path.stem.partition("-")[2] for path in built.folder.glob("requirements-*.lock")}
    known = ran.stderr.partition("Known: ")[2].splitlines()[0].split(", ")
    assert set(known) == locks - {"dev", "predict", "serve"}
