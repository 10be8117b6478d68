"""A raw table in parts: adopted, grown by a part, pushed, scored."""

from pathlib import Path

import pandas as pd

from tests.pipeline.storage import Remote


def rewrite(path: Path, parts: list[pd.DataFrame]) -> None:
    path.mkdir(exist_ok=True)
    for place, part in enumerate(parts):
        part.to_csv(path / f"2024-{place + 1:02}.csv", index=False)


def test_a_folder_is_adopted_and_a_part_added_to_it(remote: Remote, tmp_path: Path) -> None:
    clone = remote.clone
    table = pd.read_csv(clone.folder / "data/raw/breast_cancer.csv", dtype="str")
    parts = [table[start : start + 100] for start in range(0, len(table), 100)]
    exports = tmp_path / "exports"
    rewrite(exports, parts[:4])
    clone.succeed("python", "-m", "src.adopt", f"{exports}/*.csv", "diagnosis")
    assert "table: data/raw/exports " in clone.read("params.yaml")
    clone.succeed("dvc", "repro", "--quiet")
    clone.commit("a table in parts")
    clone.succeed("dvc", "push", "--quiet")
    before = set(remote.server.objects())
    first = pd.read_parquet(clone.folder / "data/prepared/train.parquet")

    raw = clone.folder / "data/raw/exports"
    parts[4].to_csv(raw / "2024-05.csv", index=False)
    clone.succeed("dvc", "add", "--quiet", "data/raw/exports")
    assert clone.ran(clone.succeed("dvc", "repro"))[0] == "prepare"
    clone.succeed("dvc", "push", "--quiet", "data/raw/exports.dvc")
    pushed = set(remote.server.objects()) - before
    assert len(pushed) == 2  # the part, and the list of parts
    again = pd.read_parquet(clone.folder / "data/prepared/train.parquet")
    assert set(first["row_key"]) < set(again["row_key"])

    whole = pd.concat(parts[:5], ignore_index=True)
    whole.to_csv(clone.folder / "data/raw/whole.csv", index=False)
    bytes_of_parts = (clone.folder / "data/prepared/train.parquet").read_bytes()
    clone.edit("params.yaml", "table: data/raw/exports", "table: data/raw/whole.csv")
    clone.succeed("dvc", "repro", "--quiet", "prepare")
    assert (clone.folder / "data/prepared/train.parquet").read_bytes() == bytes_of_parts

    clone.edit("params.yaml", "table: data/raw/whole.csv", "table: data/raw/exports")
    clone.succeed("dvc", "repro", "--quiet")
    clone.succeed("python", "-m", "src.predict", "data/raw/exports", "out.parquet")
    assert len(pd.read_parquet(clone.folder / "out.parquet")) == 500
    broken = (raw / "2024-03.csv").read_text().replace("malignant", "unsure", 1)
    (raw / "2024-03.csv").unlink()  # it may be a link into DVC's cache
    (raw / "2024-03.csv").write_text(broken)
    ran = clone.run("dvc", "repro")
    assert ran.returncode != 0
    assert "(2024-03.csv row " in ran.stderr
