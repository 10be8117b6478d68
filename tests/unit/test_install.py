"""How a lock is installed."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from tools import install

LISTED = """\
:env:.default-timeout='180'
global.index-url='https://example.com/simple'
global.extra-index-url='\\nhttps://one.example.com/simple\\nhttps://two.example.com/simple'
install.trusted-host='example.com'
"""


def test_pips_settings_are_uvs() -> None:
    assert install.variables(LISTED) == {
        "UV_DEFAULT_INDEX": "https://example.com/simple",
        "UV_INDEX": "https://one.example.com/simple https://two.example.com/simple",
        "UV_INSECURE_HOST": "example.com",
    }
    assert install.variables("") == {}


def test_a_setting_that_uv_does_not_know_leaves_it_to_pip() -> None:
    assert install.variables(f"{LISTED}global.client-cert='/x.pem'\n") is None


@pytest.mark.parametrize(
    ("uv", "status", "expected"),
    [("exit 0", 0, ["uv"]), ("exit 1", 0, ["uv", "pip"]), ("exit 1", 3, ["uv", "pip"]),
     (None, 0, ["pip"])],
)  # fmt: skip
def test_where_uv_fails_pip_installs(
    uv: str | None, status: int, expected: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def script(name: str, end: str) -> str:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\ncase $* in *config*) exit 0;; esac\n"
                        f"echo {name} $* >>{tmp_path}/calls\n{end}\n")  # fmt: skip
        path.chmod(0o755)
        return str(path)

    monkeypatch.setattr(install, "PIP", (script("pip", f"exit {status}"),))
    monkeypatch.setattr(install, "find_uv", lambda: script("uv", uv) if uv else None)
    assert install.main("some.lock") == status
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls] == expected
    assert all("--require-hashes" in call and "some.lock" in call for call in calls)


def test_uv_is_installed_by_the_hashes_of_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = install.LOCK.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    install.LOCK.write_text(lock, encoding="utf-8")
    monkeypatch.setattr(install, "PIP", (sys.executable, "-c", "import sys; sys.exit(1)"))
    assert install.find_uv() is None
    asked = (install.CACHE / "requirements.lock").read_text().splitlines()
    assert asked[0].startswith("uv==")
    assert len(asked) > 5
    assert all("--hash=sha256:" in line for line in asked[1:])


def test_what_serves_is_one_list_of_packages() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    predict, *packages = project["dependency-groups"]["serve"]
    assert predict == {"include-group": "predict"}
    assert packages == project["project"]["optional-dependencies"]["serve"]
