"""A query instead of a table: asked once to look at its answer, then a stage of dvc.yaml."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from src.adopt import track, trial, write
from src.repository.commands import output
from src.repository.pipeline import QUERY

DATA = Path("data")


@dataclass(frozen=True)
class Query:
    """What is asked, and of whom.

    Attributes
    ----------
    address
        Of a database, of an S3 prefix, or of local files.
    file
        Where the query lies now.
    """

    address: str
    file: Path

    @property
    def table(self) -> Path:
        """Where the answer will stand, named after the query."""
        return track.destination(f"{self.file.stem}.parquet")

    @property
    def kept(self) -> Path:
        """Where the query will lie: in the folder that belongs to the model."""
        file, data = self.file.resolve(), DATA.resolve()
        inside = file.is_relative_to(data)
        return DATA / (file.relative_to(data) if inside else f"{self.table.stem}.sql")

    def ask(self, folder: Path) -> Path:
        """Return a file of the answer."""
        found = folder / self.table.name
        trial.run_stage("query", Path.cwd(), self.address, str(self.file), str(found))
        return found

    def track(self, found: Path) -> None:
        """Make the query a stage whose answer is the one that was looked at."""
        if not (self.kept.exists() and self.kept.samefile(self.file)):
            shutil.copyfile(self.file, self.kept)
        track.RAW.mkdir(parents=True, exist_ok=True)
        track.remove(self.table)  # it may be a link into DVC's cache
        shutil.copyfile(found, self.table)
        write.put_first(QUERY, self.stage)
        output("dvc", "commit", "--force", QUERY)

    @property
    def stage(self) -> dict[str, object]:
        """What dvc.yaml says of it. Its query alone makes it stale, not our code: see src/query."""
        names = (self.address, str(self.kept), self.table.as_posix())
        return {
            "desc": "ask what data/*.sql says; `make refresh` asks it anew",
            "cmd": shlex.join(["python", "-m", "src.query", *names]),
            "deps": [self.kept.as_posix(), *self._files()],
            "outs": [{self.table.as_posix(): {"persist": True}}],
        }

    def _files(self) -> list[str]:
        """Return the files that are asked, where they are this repository's: DVC watches them."""
        path, root = Path(self.address).resolve(), Path.cwd()
        local = "://" not in self.address and path.exists() and path.is_relative_to(root)
        return [path.relative_to(root).as_posix()] if local else []
