"""Several models in one repository: each is released and merged alone, the storage is of all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.repository import dvc_lock as lock
from tests.clone import Clone
from tests.pipeline.jobs import Jobs, packed
from tests.pipeline.several import MODELS, Several
from tests.pipeline.storage import APPLY, OUTSIDE_CI, PUBLISH, Remote, pass_gate
from tests.shared import copied
from tests.story import TEAM, blocks

MODEL = "src/models/model.skops"
GATE = ("python", "-m", "src.gate", "metrics/metrics.json", "metrics/details.json",
        "data/prepared/predictions.parquet", MODEL, "data/prepared/train.parquet",
        "data/prepared/test.parquet", "data/schema.yaml", "metrics/gate.json")  # fmt: skip


@pytest.fixture
def several(two_models: Path, tmp_path: Path) -> Iterator[Several]:
    made = Several(copied(two_models, tmp_path))
    made.share()
    yield made
    made.server.kill()


def add(model: Clone, name: str) -> None:
    """Give a model a folder of one file in the storage that nothing else has, and commit it."""
    model.write(f"data/raw/{name}/a.txt", name)
    model.succeed("dvc", "add", "--quiet", f"data/raw/{name}")
    model.commit(name)
    model.succeed("dvc", "push", "--quiet")


def stored(several: Remote) -> set[str]:
    return {key for key in several.server.objects() if key.startswith("files/")}


def test_both_are_released_from_one_repository(several: Several, tmp_path: Path) -> None:
    clone = several.clone
    publish = "".join(blocks(TEAM)[2].partition("git push")[1:])
    told = clone.succeed("bash", "-e", "-c", f"cd churn\n{publish}")
    assert "churn-model-v1.0.0: 15 outputs published" in told
    assert "model-v1.0.0: 15 outputs published" in told
    assert several.server_tags() == {"model-v1.0.0", "churn-model-v1.0.0"}
    for name, tag in zip(MODELS, ("model-v1.0.0", "churn-model-v1.0.0"), strict=True):
        listed = several.model(name).succeed("python", "-m", "src.release.models",
                                             "metrics/details.json")  # fmt: skip
        assert re.findall(r"\S*model-v\S+", listed) == [tag]
    note = several.model("churn").read("report/report.md")
    assert note.startswith("## ⚠️ churn: The gate has passed")

    consumer = several.colleague("consumer")
    bare, got = str(tmp_path / "shared.git"), tmp_path / "got"
    several.model("diagnosis", consumer).succeed(
        "python", "-m", "src.release.fetch", bare, "churn-model-v1.0.0", str(got)
    )
    consumer.succeed("dvc", "get", "--quiet", "--rev", "churn-model-v1.0.0", bare,
                     f"churn/{MODEL}", "--out", str(tmp_path / "dvc.skops"))  # fmt: skip
    expected = (clone.folder / "churn" / MODEL).read_bytes()
    assert (got / "model.skops").read_bytes() == (tmp_path / "dvc.skops").read_bytes() == expected


def test_cleaning_from_one_model_keeps_what_the_others_need(several: Several) -> None:
    clone, churn = several.clone, several.model("churn")
    several.model("diagnosis").succeed("dvc", "push", "--quiet")
    needed_by_diagnosis = stored(several)
    churn.succeed("dvc", "push", "--quiet")
    add(churn, "published")
    pass_gate(churn)
    churn.succeed(*PUBLISH)
    for branch in ("idea", "dropped"):
        clone.succeed("git", "checkout", "--quiet", "-b", branch, "main")
        add(churn, branch)
        clone.succeed("git", "push", "--quiet", "origin", branch)
    clone.succeed("git", "checkout", "--quiet", "main")
    before = stored(several)
    clone.succeed("git", "push", "--quiet", "origin", ":dropped")
    clone.succeed("git", "rm", "-rq", "churn")  # its tag and the branch `idea` still have it
    clone.commit("The model churn is not used any more")
    clone.succeed("git", "push", "--quiet", "origin", "main")
    several.age(days=100)

    colleague = several.colleague("colleague", "--single-branch", "--depth", "1")
    told = several.model("diagnosis", colleague).succeed(*APPLY, **OUTSIDE_CI)
    assert "Deleted 2 objects" in told
    assert len(before - stored(several)) == 2
    for revision in ("churn-model-v1.0.0", "origin/idea"):
        reader = several.colleague(revision.replace("/", "-"))
        reader.succeed("git", "checkout", "--quiet", revision)
        several.model("churn", reader).succeed("dvc", "pull", "--quiet")

    clone.succeed("git", "push", "--quiet", "origin", ":idea", ":churn-model-v1.0.0")
    another = several.model("diagnosis", several.colleague("another"))
    another.succeed(*APPLY, **OUTSIDE_CI)
    assert stored(several) == needed_by_diagnosis
    another.succeed("dvc", "pull", "--quiet")


def test_other_models_may_be_merged_while_one_is_published(several: Several) -> None:
    diagnosis, colleague = several.model("diagnosis"), several.colleague("colleague")
    commit = diagnosis.succeed("git", "rev-parse", "HEAD").strip()
    hook = several.elsewhere / "shared.git/hooks/pre-receive"  # after the proof, before the tag
    script = f"""#!/bin/sh
        unset GIT_QUARANTINE_PATH $(git rev-parse --local-env-vars)
        rm {hook}
        cd {colleague.folder} && echo more >>churn/README.md && git commit -qam more && git push -q
    """
    hook.write_text(script, encoding="utf-8")
    hook.chmod(0o755)
    assert "model-v1.0.0: 15 outputs" in diagnosis.succeed(*PUBLISH)
    assert not hook.exists()
    tagged, main = ("model-v1.0.0^{commit}", "origin/main")
    diagnosis.succeed("git", "fetch", "--quiet")
    assert diagnosis.succeed("git", "rev-parse", tagged).strip() == commit
    assert diagnosis.succeed("git", "rev-parse", main, f"{main}^").split()[1] == commit
    assert "already names this dvc.lock" in diagnosis.succeed(*PUBLISH)  # main has moved on

    several.model("diagnosis", colleague).write("README.md", "Another one.\n")
    colleague.commit("of this model")
    colleague.succeed("git", "push", "--quiet")
    ran = diagnosis.run(*PUBLISH)
    assert (ran.returncode, "the branch main has moved on" in ran.stderr) == (1, True)


def test_two_models_of_one_name_are_not_published(several: Several) -> None:
    several.model("churn").edit("pyproject.toml", 'name = "churn"', 'name = "model"')
    several.clone.commit("a name that is taken")
    ran = several.model("diagnosis").run(*PUBLISH)
    assert ran.returncode == 1
    assert "diagnosis/pyproject.toml and churn/pyproject.toml: the tags of both" in ran.stderr


def test_a_model_that_the_base_has_not_yet(several: Several) -> None:
    ran = several.model("churn").run(*GATE, "--baseline", "HEAD~1")
    assert ran.returncode == 0, ran.stdout
    assert "No published model to compare with: HEAD~1 has no model in this folder" in ran.stdout


def test_a_merge_builds_every_model_that_both_sides_have_changed(several: Several) -> None:
    clone, churn, diagnosis = several.clone, several.model("churn"), several.model("diagnosis")
    seed = "seed: {}                  # of the permutations"
    changes = {"one": ("max_rows: 500", "max_rows: 100"), "two": (seed.format(0), seed.format(1))}
    for branch, change in changes.items():
        clone.succeed("git", "checkout", "--quiet", "-b", branch, "main")
        for model in (churn, diagnosis):
            model.edit("params.yaml", *change)
            model.write("dvc.lock", model.read("dvc.lock") + f"# {branch}\n")  # as if it were run
        clone.commit(branch)
    ran = churn.run("make", "merge", "FROM=one")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert churn.ran(ran.stdout) == ["evaluate", "evaluate"]
    assert "In diagnosis, which both sides have changed, too:" in ran.stdout
    assert clone.status() == ""
    assert len(clone.succeed("git", "log", "-1", "--format=%P").split()) == 2
    for model in (churn, diagnosis):
        assert model.succeed("dvc", "status", "--json") == "{}\n"
        assert lock.differences(lock.results(model.folder), model.folder) == {}


def test_what_a_pipeline_has_built_of_one_model_is_taken(several: Several) -> None:
    churn = several.model("churn")
    churn.edit("params.yaml", "repeats: 5", "repeats: 1")
    several.clone.commit("a parameter, and no repro")
    runner = several.new_clone("runner")
    there = several.model("churn", runner)
    several.model("churn").succeed("dvc", "push", "--quiet")
    several.model("diagnosis").write("notes.txt", "Somebody works on it.\n")
    ran = there.run("python", "-m", "src.verify", "--rebuild", "no")
    assert ran.returncode == 1
    assert "this commit does not build what it says" in ran.stderr
    patch = there.folder / "report/reproduced.patch"
    objects = [path for path in (runner.folder / ".cache/dvc/files").rglob("*") if path.is_file()]
    kept = {path.relative_to(runner.folder).as_posix(): path for path in [patch, *objects]}
    jobs = Jobs(packed({name: path.read_bytes() for name, path in kept.items()}))
    churn.succeed("python", "-m", "src.verify.take", jobs.address, GITLAB_TOKEN=jobs.token)
    jobs.close()
    assert churn.read("dvc.lock") == there.read("dvc.lock")
    assert lock.differences(lock.outputs(churn.folder), churn.folder) == {}
    changed = {line[3:].split("/")[0] for line in several.clone.status().splitlines()}
    assert changed == {"churn", "diagnosis"}  # the latter by who works on it


def test_models_published_before_the_move_are_still_its_own(two: Remote) -> None:
    two.share()
    old = two.older_object(MODEL, "model-v1.0.0").read_bytes()
    two.clone.succeed("python", "-m", "src.new_model.move", "diagnosis")
    two.clone.commit("moved")
    two.clone.succeed("git", "push", "--quiet", "origin", "main")
    model = Clone(two.clone.folder / "diagnosis")
    model.environment = two.clone.environment
    told = model.run(*GATE).stdout
    assert "Compared with model-v1.1.0" in told
    assert "on the same 133 rows: difference +0" in told
    model.succeed("python", "-m", "src.report", "report")
    assert "compared with `model-v1.1.0 (" in model.read("report/report.md")
    page = model.read("report/index.html")
    assert '<code>model-v1.1.0</code> <span class="small muted">in force</span>' in page
    assert "train.hyperparameters.max_iter 20 → 10</td>" in page  # as make models has it
    assert page.index("<code>model-v1.1.0") < page.index("<code>model-v1.0.0")
    pass_gate(model)
    assert "model-v1.1.0 already names this dvc.lock" in model.succeed(*PUBLISH)
    listed = model.succeed("python", "-m", "src.release.models", "metrics/details.json")
    assert "max_iter 20 → 10 (in force)" in listed
    back = ("python", "-m", "src.release.rollback", "metrics/details.json", "--to")
    model.succeed(*back, "model-v1.0.0")
    assert (model.folder / MODEL).read_bytes() == old
    assert "max_iter: 20" in model.read("params.yaml")
    assert model.succeed("dvc", "status", "--json") == "{}\n"
    changed = two.clone.status().splitlines()
    assert {line[3:].split("/")[0] for line in changed} == {"diagnosis"}
