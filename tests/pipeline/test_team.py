"""The rest of docs/team.md: one of two models is upgraded, then refreshed from a query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from src.base.settings import read_yaml
from tests.clone import Clone
from tests.pipeline.several import Several
from tests.pipeline.test_query import BUILT, ORDERS
from tests.pipeline.test_upgrade import numbered
from tests.postgres import Postgres
from tests.shared import copied
from tests.story import TEAM, blocks


@pytest.fixture
def several(two_models: Path, tmp_path: Path) -> Iterator[Several]:
    made = Several(copied(two_models, tmp_path / "team"))
    made.share()
    yield made
    made.server.kill()


@pytest.fixture
def later(template: Path, tmp_path: Path) -> Path:
    """Return the template that both models come from, with a later version."""
    clone = Clone(copied(template, tmp_path / "template"))
    version = next(line.split('"')[1] for line in clone.read("pyproject.toml").splitlines()
                   if line.startswith("version = "))  # fmt: skip
    clone.succeed("git", "tag", f"template-v{version}")
    clone.write("docs/later.md", "# Something new\n")
    card = "src/evaluate/card.md.j2"
    clone.write(card, f"{clone.read(card)}\nSomething new.\n")
    numbered(clone, "9.0.0")
    return clone.folder


def test_one_model_is_upgraded_and_refreshed(
    several: Several, later: Path, server: Postgres
) -> None:
    churn = several.model("churn")
    churn.environment |= server.environment
    upgrade, query, refresh = blocks(TEAM)[3:6]

    upgrade = upgrade.replace("https://gitlab.example.com/ml/template.git", str(later))
    told = churn.succeed("bash", "-e", "-c", upgrade)
    assert churn.ran(told) == ["evaluate"]
    assert "no score has changed" in told
    assert churn.read("docs/later.md") == "# Something new\n"
    assert churn.read("src/models/README.md").endswith("Something new.\n")
    changed = several.clone.succeed("git", "diff", "--name-only", "HEAD~1").split()
    assert {path.split("/")[0] for path in changed} == {"churn"}
    assert several.clone.status() == ""

    server.run(ORDERS)
    churn.write("orders.sql", "SELECT * FROM orders")
    stamp = Path(churn.environment["VENV"]) / "runtime"
    locks = (churn.read(f"requirements{extra}.lock") for extra in ("", "-query"))
    stamp.write_text("".join(locks), encoding="utf-8")
    address = "postgresql://reader@warehouse.example.com/shop"
    churn.succeed("bash", "-e", "-c", query.replace(address, server.address))
    assert "query" in read_yaml(churn.folder / "dvc.yaml")["stages"]
    server.run("DELETE FROM orders WHERE id > 390")
    told = churn.succeed("bash", "-e", "-c", refresh)
    assert churn.ran(told) == ["query", *BUILT]
    assert several.clone.status() == ""
