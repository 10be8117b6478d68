"""The encoding of a CSV file."""

from __future__ import annotations

import codecs
import re
from itertools import pairwise
from pathlib import Path

import charset_normalizer

from src.base.errors import InputError
from src.tables.formats import opened

AROUND = 1 << 18
"""Bytes around the first that is not UTF-8, from which the encoding is told."""

_NEVER_INSIDE = (
    "\xa1-\xa9\xab-\xb3\xb5\xb6\xb8\xb9\xbb-\xbf\u02c6\u02dc\u2020\u2021\u2030\u2039\u203a"
)
"""Signs of Windows-1252 that no Western word has between its letters."""

COMMON = [
    "cp1250", "cp1251", "cp1253", "cp1255", "cp1256", "cp1257", "iso8859_2", "iso8859_5",
    "iso8859_7", "koi8_r", "koi8_u", "cp932", "shift_jis", "euc_jp", "gb18030", "big5", "cp949",
    "euc_kr",
]  # fmt: skip
"""Encodings that tables are written in, beside UTF-8, UTF-16 and the Western ones."""

BY_ALPHABET = ("cp1250", "cp1251", "cp1253")
"""One for each alphabet, where no language is recognised."""


def encoding_of_all(parts: list[Path]) -> tuple[str, str]:
    """Tell the encoding of all parts; one whose letters are all ASCII has most of them."""
    if len(parts) == 1:
        return _encoding(parts[0])
    found: dict[str, tuple[str, Path]] = {}
    for part in parts:
        encoding, why = _encoding(part)
        plain = encoding == "utf-8" and _first_fault(part, "ascii") is None
        found.setdefault("ascii" if plain else encoding, (why, part))
    other = [name for name in found if name != "ascii"]
    if len(other) > 1 or set(found) == {"ascii", "utf-16"}:
        told = " and ".join(f"{part.name} in {name}" for name, (_, part) in found.items())
        raise InputError(
            f"{parts[0].parent}: the parts are not written alike, {told}. Write all in one of them."
        )
    (name,) = other or ["ascii"]
    return "utf-8" if name == "ascii" else name, found[name][0]


def _encoding(path: Path) -> tuple[str, str]:
    """Tell the encoding; each claim is verified on the whole file."""
    with opened(path) as stream:
        start = stream.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "it begins with a byte order mark"
    place = _first_fault(path, "utf-8")
    if place is None:
        return "utf-8", "the whole file is"
    around = _bytes_from(path, max(0, place - AROUND // 2), AROUND)
    for name in [*_likely(around), "latin-1"]:  # every byte is latin-1
        if _first_fault(path, name) is None:
            break
    return name, f"not UTF-8 at byte {place:,}, and the whole file can be read so"


def _likely(sample: bytes) -> list[str]:
    """Return the encodings to try, the one whose letters make words first."""
    if _western(sample.decode("cp1252", errors="replace")):
        return ["cp1252"]
    found = charset_normalizer.from_bytes(sample, cp_isolation=COMMON)
    ranked = sorted(found, key=lambda match: -match.coherence)
    if ranked and ranked[0].coherence > 0:
        return [*(match.encoding for match in ranked), "cp1252"]
    return sorted([*BY_ALPHABET, "cp1252"], key=lambda name: _faults(sample, name))


def _faults(sample: bytes, encoding: str) -> int:
    """Count what words do not do: a capital after a small letter, a sign between letters."""
    text = sample.decode(encoding, errors="replace")
    return len(re.findall(r"[^\W\d_][^\w\s'\u2019\-./,;]+(?=[^\W\d_])|\ufffd", text)) + sum(
        one.islower() and other.isupper() for one, other in pairwise(text)
    )


def _western(text: str) -> bool:
    """Tell whether letters beyond ASCII are those of Western words, among letters of ASCII.

    Another code page read as Windows-1252 gives words without a letter of ASCII (Cyrillic, Greek)
    or signs within words (Polish, Czech).
    """
    foreign = [letter for letter in text if letter > "\x7f"]
    words = re.findall(r"[^\W\d_]*[À-ÿŒœŠšŽžŸ][^\W\d_]*", text)
    inside = re.findall(rf"(?<=[^\W\d_])[{_NEVER_INSIDE}](?=[^\W\d_])", text)
    if not foreign or len(inside) > 0.02 * len(foreign):
        return False
    letters = sum(letter > "\x7f" for word in words for letter in word)
    return bool(letters <= 0.5 * max(1, sum(map(len, words))))


def _bytes_from(path: Path, start: int, count: int) -> bytes:
    """Read a part of a file, which may be packed and cannot be sought in then."""
    with opened(path) as stream:
        while start > 0 and (skipped := len(stream.read(min(start, 1 << 22)))):
            start -= skipped
        return bytes(stream.read(count))


def _first_fault(path: Path, encoding: str) -> int | None:
    """Return where about the file stops being text of an encoding, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    place = 0
    with opened(path) as stream:
        try:
            while block := stream.read(1 << 22):
                decoder.decode(block)
                place += len(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            return place + error.start
    return None
