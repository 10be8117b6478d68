"""Unpack a model's archive within a limit, before any library looks into it."""

from __future__ import annotations

import bz2
import io
import math
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from src.base.errors import InputError

MEMBER = re.compile(r"schema\.json|\d+\.\w+")
"""The names that a model's archive can have; of an array's archive inside it, see ARRAY."""

ARRAY = re.compile(r"\w+\.npy")

ARRAY_BEGINS, ARCHIVE_BEGINS = b"\x93NUMPY", (b"PK\x03\x04", b"PK\x05\x06")
"""What NumPy takes for an array, and for an archive of arrays."""

LOCAL_HEADER = struct.Struct("<26xHH")
"""Of the header before each member only the lengths of its name and of its extra field."""


def unpacked(path: Path, limit: int) -> dict[str, bytes]:
    """Return what each member of a model's archive holds, by name.

    Parameters
    ----------
    limit
        Bytes that all members may have together.

    Raises
    ------
    InputError
        The archive would unpack to more, has a member of an unexpected name or twice, an array that
        claims to be larger than its member, or the members are not what the directory says.
    """
    with path.open("rb") as stream:
        return _members(stream, limit, MEMBER, 0)


def _members(stream: BinaryIO, limit: int, names: re.Pattern[str], before: int) -> dict[str, bytes]:
    """Return the content of each member by its name, checked; so many bytes are unpacked already.

    Whoever reads a member goes by its first bytes, whatever it is called.
    """
    with zipfile.ZipFile(stream) as archive:
        listed = archive.infolist()
    if wrong := [member.filename for member in listed if not names.fullmatch(member.filename)]:
        raise InputError(f"a member is called {wrong[0]!r}, which no model of this project has")
    if len({member.filename for member in listed}) < len(listed):
        raise InputError("two members have the same name")
    total = before + sum(member.file_size for member in listed)
    if total > limit:
        raise InputError(
            f"unpacks to {total:,} bytes, more than the {limit:,} of train.max_model_bytes in "
            "params.yaml. If you trust the file, raise that number"
        )
    found = {}
    for member in listed:
        content = _content(stream, member)
        if content.startswith(ARRAY_BEGINS) or member.filename.endswith(".npy"):
            _check_array(member.filename, content)
        elif content.startswith(ARCHIVE_BEGINS):  # a sparse matrix: an archive of arrays
            total += sum(map(len, _members(io.BytesIO(content), limit, ARRAY, total).values()))
        found[member.filename] = content
    return found


def _content(stream: BinaryIO, member: zipfile.ZipInfo) -> bytes:
    """Unpack one member, and no more of it than the directory says.

    ``zipfile`` itself unpacks all of a block before it cuts off what is too much.
    """
    stream.seek(member.header_offset)
    name, extra = LOCAL_HEADER.unpack(stream.read(LOCAL_HEADER.size))
    stream.seek(name + extra, io.SEEK_CUR)
    packed = stream.read(member.compress_size)
    most = member.file_size + 1
    if member.compress_type == zipfile.ZIP_STORED:
        content = packed
    elif member.compress_type == zipfile.ZIP_BZIP2:
        content = bz2.BZ2Decompressor().decompress(packed, most)
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    else:
        raise InputError(f"{member.filename} is packed by an unknown method")
    if len(content) != member.file_size or zlib.crc32(content) != member.CRC:
        raise InputError(f"{member.filename} is not what the directory of the archive says")
    return content


def _check_array(name: str, content: bytes) -> None:
    """Refuse an array whose header asks for more memory than the array has bytes."""
    stream = io.BytesIO(content)
    npy = np.lib.format
    first = npy.read_magic(stream)[0] == 1
    shape, _, kind = (npy.read_array_header_1_0 if first else npy.read_array_header_2_0)(stream)
    if kind.hasobject or math.prod(shape) * kind.itemsize > len(content):
        raise InputError(f"{name}: its header claims {kind} of shape {shape}, which is not there")
