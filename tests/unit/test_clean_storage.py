"""Deleting stops as soon as anybody pushes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from src.base.errors import InputError
from src.release import clean_storage
from src.release.storage import Storage, Stored
from src.repository.server import Server


@dataclass
class Objects:
    """A storage that notes what is done to it."""

    deleted: list[str] = field(default_factory=list)
    written: dict[str, bytes] = field(default_factory=dict)

    def write(self, place: str, content: bytes) -> str:
        self.written[place] = content
        return place

    def delete(self, paths: list[str]) -> None:
        self.deleted += paths


@dataclass(frozen=True)
class BusyServer(Server):
    """A git server to which somebody pushes when a number of objects is gone."""

    objects: Objects
    after: int

    def refs(self) -> dict[str, str]:
        return {"refs/heads/main": "a" if len(self.objects.deleted) < self.after else "b"}


@pytest.mark.parametrize("after", [0, 1, clean_storage.BATCH])
def test_nothing_more_is_deleted_after_a_push(after: int) -> None:
    objects = Objects()
    server = BusyServer("origin", str(Path()), objects, after)
    some = [Stored(f"{n}", f"{n}", 1, datetime.now(UTC)) for n in range(clean_storage.BATCH + 1)]
    told = f"somebody has pushed meanwhile, {clean_storage.BATCH if after else 0} objects"
    with pytest.raises(InputError, match=told):
        clean_storage._delete(cast(Storage, objects), some, {}, server, {"refs/heads/main": "a"})
    assert len(objects.deleted) == (clean_storage.BATCH if after else 0)
    assert len(objects.written) == 1, "what was to go is written down first"
