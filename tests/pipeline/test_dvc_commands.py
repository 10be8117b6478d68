"""What README.md shows of DVC's own commands is what they print, within 120 columns."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tests.clone import Clone

WIDTH = 120
README = Path("README.md")


def on_a_terminal(clone: Clone, *command: str) -> str:
    """Return what a command prints on a terminal of 120 columns, without its colours."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, cwd=clone.folder, env=clone.variables(COLUMNS=str(WIDTH), ORDINARY="yes"),
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    printed = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux says that nobody writes any more
            break
        if not part:
            break
        printed += part
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", printed.decode()).replace("\r", "")
    return "\n".join(line.rstrip() for line in text.splitlines())


def shown(text: str) -> str:
    """Put what differs from run to run, the hash of an experiment and the folder, to one form."""
    text = re.sub(r"── [0-9a-f]{7} ", "── 8d1e2f3 ", text)
    return re.sub(r"file://\S*/dvc_plots", "file:///path/to/clone/dvc_plots", text)


def test_the_readme_shows_what_dvc_prints(fresh: Clone) -> None:
    readme = README.read_text(encoding="utf-8")
    if "    dvc exp run " not in readme:
        pytest.skip("this README shows nothing of DVC: a fork has its own")
    fresh.succeed("dvc", "repro", "--quiet")
    fresh.commit("base")
    run, metrics, params, plots, show = re.findall(r"^    (dvc (?:exp|metrics|params|plots) .*)$",
                                                   readme, flags=re.MULTILINE)[:5]  # fmt: skip
    fresh.succeed(*run.split("#")[0].split(), "--quiet")
    for command in (metrics, params, plots, show):
        words = [word.strip("'") for word in command.split("#")[0].split()]
        extra = ["--no-pager"] if "show" in words else []
        printed = shown(on_a_terminal(fresh, *words, *extra)).strip("\n")
        assert max(map(len, printed.splitlines())) <= WIDTH
        assert printed in readme, f"`{command}` prints\n{printed}"
    assert "train.hyperparameters.max_iter" in printed
    width = max(map(len, fresh.succeed("dvc", "metrics", "show").splitlines()))
    assert width <= WIDTH


def test_clean_leaves_what_is_nowhere_else(built: Clone) -> None:
    kept = [".storage/files/md5/ab/cd", ".s3/data/bucket/ab", ".dvc/config.local", ".venv/bin/a"]
    for name in kept:
        built.write(name, "")
    built.succeed("make", "clean")
    assert [name for name in kept if not (built.folder / name).exists()] == []
    assert not (built.folder / "src/models/model.skops").exists()
    built.succeed("dvc", "checkout", "--quiet")  # what is in the cache comes back
    assert (built.folder / "src/models/model.skops").exists()
    assert built.status() == ""
