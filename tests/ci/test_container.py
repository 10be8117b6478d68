"""The images: linted, pinned, without what is secret, and what the job of GitLab makes of them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci import gitlab
from tests.clone import Clone

FILE = Path("Containerfile")
LINES = FILE.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
STAGES = re.findall(r"^FROM \S+ AS (\S+)$", "\n".join(LINES), re.MULTILINE)


def instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in LINES if line.startswith(f"{name} ")]


def test_the_linter_finds_nothing() -> None:
    program = Path(sys.executable).with_name("hadolint")
    ran = subprocess.run([program, FILE], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def test_the_base_is_pinned_and_locks_have_hashes() -> None:
    base, *locks = instructions("ARG")
    assert re.fullmatch(r"BASE=docker\.io/library/python:3\.\d+\.\d+-\S+@sha256:[0-9a-f]{64}", base)
    assert all(Path(lock.removeprefix("LOCKS=")).is_file() for lock in locks)
    assert [line.split()[0] for line in instructions("FROM")] == ["${BASE}", *["base"] * 5]
    installs = [line for line in instructions("RUN") if "pip install" in line]
    assert all("--require-hashes" in line for line in installs)
    assert "--require-hashes" in Path("tools/install.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("stage", ["pipeline", "predict", "serve"])
def test_what_runs_is_not_roots(stage: str) -> None:
    assert stage in STAGES
    content = "\n".join(LINES).split(f" AS {stage}\n")[1].partition("\nFROM ")[0]
    assert [line for line in content.splitlines() if line.startswith("USER ")] == ["USER 1000"]


def test_only_what_is_named_goes_into_an_image() -> None:
    ignored = [line for line in Path(".dockerignore").read_text(encoding="utf-8").splitlines()
               if not line.startswith("#")]  # fmt: skip
    assert ignored[0] == "*"
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        name for line in instructions("COPY") if "--from" not in line
        for name in line.split()[:-1] if not name.startswith("--")
    }  # fmt: skip
    assert copied == allowed
    assert all(any(Path().glob(name)) for name in copied - {"dvc.lock"})


def test_the_job_builds_pushes_and_tells_the_digest(tmp_path: Path) -> None:
    record = tmp_path / "calls"
    program = tmp_path / "bin/buildah"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" >>{record}\ncase $1 in\nlogin) cat >>{record};;\n'
        "push) echo sha256:1 >digest;;\nesac\n"
    )
    program.chmod(0o755)
    environment = {
        "PATH": f"{program.parent}:{os.environ['PATH']}", "TARGET": "predict",
        "CI_REGISTRY": "registry.example.com", "CI_REGISTRY_IMAGE": "registry.example.com/a/b",
        "CI_REGISTRY_USER": "ci", "CI_REGISTRY_PASSWORD": "$ecret", "CI_COMMIT_SHA": "abc",
    }  # fmt: skip
    job = gitlab.documents(Path(".gitlab-ci.yml"))[-1]["container"]
    script = "\n".join(job["script"]).replace("$[[ inputs.folder ]]", "")
    ran = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert ran.stdout.endswith("registry.example.com/a/b/predict@sha256:1\n")
    assert record.read_text(encoding="utf-8").split("\n") == [
        "login --username ci --password-stdin registry.example.com",
        "$ecretbuild --target predict --tag registry.example.com/a/b/predict:abc .",
        "push --digestfile digest registry.example.com/a/b/predict:abc",
        "",
    ]


def buildah(*arguments: str, cwd: Path) -> str:
    ran = subprocess.run(
        ["buildah", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.mark.long
def test_the_image_of_predict_scores_as_its_model_does(built: Clone, tmp_path: Path) -> None:
    """BASE names another base; BUILD_OPTIONS are buildah's, such as a volume of certificates."""
    if shutil.which("buildah") is None:
        pytest.skip("buildah missing: it is what the job container builds with")
    base = os.environ.get("BASE", instructions("ARG")[0].removeprefix("BASE="))
    if subprocess.run(["buildah", "pull", "--policy", "missing", base], check=False).returncode:
        pytest.skip(f"{base} cannot be pulled from here")
    options = shlex.split(os.environ.get("BUILD_OPTIONS", ""))
    build = ("build", "--isolation", "chroot", "--build-arg", f"BASE={base}", *options)
    image = buildah(*build, "--quiet", "--target", "predict", ".", cwd=built.folder)
    container = buildah("from", image, cwd=built.folder)
    tables = tmp_path / "tables"
    tables.mkdir(mode=0o777)
    tables.chmod(0o777)
    shutil.copy(built.folder / "data/raw/breast_cancer.csv", tables)
    try:
        run = ("run", "--isolation", "chroot", "--volume", f"{tables}:/tables", container, "--")
        paths = ("breast_cancer.csv", "scored.parquet")
        buildah(*run, "python", "-m", "src.predict", *(f"/tables/{name}" for name in paths),
                cwd=built.folder)  # fmt: skip
        who = buildah(*run, "id", "-u", cwd=built.folder)
        inside = buildah(*run, "find", "/model", "-type", "f", cwd=built.folder).split()
    finally:
        buildah("rm", container, cwd=built.folder)
        buildah("rmi", image, cwd=built.folder)
    own = "../own.parquet"
    built.succeed("python", "-m", "src.predict", "data/raw/breast_cancer.csv", own)
    assert (tables / "scored.parquet").read_bytes() == (built.folder / own).read_bytes()
    assert who == "1000"
    assert not any("raw" in path or ".dvc/" in path or ".git/" in path for path in inside)
