import io
from pathlib import Path

import pytest
from rich.console import Console

from src.files import read_json
from src.params import read_yaml
from src.summary.table import summary

README = Path("README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(
    "ingest" not in read_yaml(Path("dvc.yaml"))["stages"],
    reason="the default table was replaced (make adopt)",
)
def test_the_readme_shows_the_current_scores() -> None:
    written = io.StringIO()
    Console(file=written, width=80).print(
        summary(
            read_json(Path("metrics/metrics.json")), read_json(Path("metrics/folds/metrics.json"))
        )
    )
    table = "\n".join(line.rstrip() for line in written.getvalue().strip("\n").splitlines())
    assert table in README


def test_the_readme_names_every_folder_and_module() -> None:
    for path in Path("src").glob("*.py"):
        assert path.name == "__init__.py" or path.name in README, path
    for stage in read_yaml(Path("dvc.yaml"))["stages"]:
        assert f"{stage}/" in README
