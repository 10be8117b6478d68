"""Model files that somebody made to do harm: each ends in one message, and nothing is loaded."""

from __future__ import annotations

import bz2
import io
import json
import resource
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from src.base.errors import InputError
from src.saving.model_file import SCHEMA, dumps, load_model
from src.saving.trust import TRUSTED, Trust

LIMIT = 10_000_000
TRUST = Trust(TRUSTED, LIMIT)
MODEL = dumps(LogisticRegression().fit(np.arange(10.0)[:, None], np.arange(10) % 2))
MEMORY = 200 * 2**20


def members() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(MODEL)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(content: list[tuple[str, bytes]], method: int = zipfile.ZIP_BZIP2) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, data in content:
            made.writestr(name, data)
    return buffer.getvalue()


def with_member(name: str, data: bytes) -> bytes:
    return archive([*{**members(), name: data}.items()])


def bomb() -> bytes:
    return with_member("9.npy", bytes(50 * LIMIT))


def lying_bomb() -> bytes:
    """Declare a small size for a member that unpacks to 50 times the limit."""
    content = archive([(SCHEMA, b"0")])
    packed = bz2.compress(bytes(50 * LIMIT))
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        info = made.infolist()[0]
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 46, 0, 12, 0, 33, info.CRC, len(packed), 1,
                        len(SCHEMA), 0) + SCHEMA.encode()  # fmt: skip
    central = struct.pack("<4s6H3I5H2I", b"PK\1\2", 46, 46, 0, 12, 0, 33, info.CRC, len(packed), 1,
                          len(SCHEMA), 0, 0, 0, 0, 0, 0) + SCHEMA.encode()  # fmt: skip
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local) + len(packed), 0)
    return local + packed + central + end


def with_array(shape: str, kind: str = "<f8", name: str = "0.npy") -> bytes:
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    magic = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
    return with_member(name, magic + header.encode() + bytes(8))


def sparse_bomb(name: str = "9.npz") -> bytes:
    buffer = io.BytesIO()
    scipy.sparse.save_npz(buffer, scipy.sparse.csr_matrix(np.zeros((1, 1))))
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("data.npy", bytes(50 * LIMIT))
    return with_member(name, inner.getvalue())


def many_sparse() -> bytes:
    """Return three archives of arrays that are too large together only."""
    inner = io.BytesIO()
    np.savez_compressed(inner, data=np.zeros(LIMIT // 20))
    names = [f"{number}.npz" for number in (7, 8, 9)]
    return archive([*{**members(), **dict.fromkeys(names, inner.getvalue())}.items()])


def large_number() -> bytes:
    """Return a tree whose number of features no computer can count."""
    node: dict[str, object] = json.loads(members()[SCHEMA])
    leaf = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
    given = [{**leaf, "is_json": True, "content": text} for text in (str(10**40), "[1]", "1")]
    reduced = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode"}
    tree = {"__class__": "Tree", "__module__": "sklearn.tree._tree", "__loader__": "TreeNode",
            "__reduce__": {"args": {**reduced, "content": given}},
            "content": node["content"]}  # fmt: skip
    return archive([*{**members(), SCHEMA: json.dumps({**node, **tree}).encode()}.items()])


def nested(opening: str, closing: str) -> bytes:
    return archive([(SCHEMA, (opening * 200_000 + closing * 200_000).encode())])


def nested_nodes() -> bytes:
    node = '{"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": ['
    depth = 2_000  # Python 3.12 and later take fewer frames for a level
    text = node * depth + "]}" * (depth - 1) + '], "protocol": 2, "_skops_version": "0.13"}'
    return archive([(SCHEMA, text.encode())])


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb": (bomb, "unpacks to 500,00"),
    "lying bomb": (lying_bomb, "is not what the directory of the archive says"),
    "sparse bomb": (sparse_bomb, r"unpacks to 500,4\d\d,\d{3} bytes"),
    "sparse bomb by another name": (
        lambda: sparse_bomb("9.bin"), r"unpacks to 500,4\d\d,\d{3} bytes"
    ),
    "many sparse": (many_sparse, r"unpacks to 12,0\d\d,\d{3} bytes"),
    "large number": (large_number, "not a readable model file .OverflowError"),
    "nested lists": (lambda: nested("[", "]"), "Recursion|recursion"),
    "nested objects": (lambda: nested('{"a":', "}"), "not a readable model file"),
    "nested nodes": (nested_nodes, "Recursion|recursion|refused"),
    "path": (lambda: with_member("../9.npy", b"0"), "a member is called '../9.npy'"),
    "absolute path": (lambda: with_member("/etc/x.npy", b"0"), "a member is called '/etc/x.npy'"),
    "huge array": (lambda: with_array("(1000000000000,)"), "claims float64 of shape"),
    "huge array by another name": (
        lambda: with_array("(1000000000000,)", name="0.bin"), "claims float64 of shape"
    ),
    "negative array": (lambda: with_array("(-8, 8)"), "not a readable|claims"),
    "object array": (lambda: with_array("(1,)", "|O "), "not a readable|claims"),
    "not an archive": (lambda: b"PK\3\4" + bytes(100), "not a readable model file"),
}  # fmt: skip


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Let no more memory be taken than this process has and 200 MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_in_one_message(
    tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    make, told = HOSTILE[name]
    path = tmp_path / "model.skops"
    path.write_bytes(make())
    request.getfixturevalue("little_memory")
    with pytest.raises(InputError, match=told) as raised:
        load_model(path, TRUST)
    assert "MemoryError" not in str(raised.value)
    assert f"dvc checkout --force {path}" in str(raised.value)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(archive([*members().items(), (SCHEMA, b"{}")]))
    with pytest.raises(InputError, match="two members have the same name"):
        load_model(path, TRUST)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_model_of_any_usual_packing_is_loaded(tmp_path: Path, method: int) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(archive([*members().items()], method))
    assert load_model(path, TRUST).predict([[9.0]]).tolist() == [1]


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, len(MODEL) - 1), value=st.integers(0, 255), length=st.integers(1, 40))
def test_damage_anywhere_is_told_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int, length: int
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "model.skops"
    path.write_bytes(MODEL[:place] + bytes([value]) * length + MODEL[place + length :])
    try:
        loaded = load_model(path, TRUST)
    except InputError as error:
        assert str(path) in str(error)
    else:
        assert loaded.predict([[9.0]]).tolist() == [1]
