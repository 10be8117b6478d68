"""How a CSV file is written: encoding, delimiter, decimal mark, null markers."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import charset_normalizer
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from src.adopt.sample import Sample, sampled
from src.base.contract import Csv
from src.base.errors import InputError
from src.tables.formats import format_of, opened
from src.tables.parts import parts_of

BEGINNING = 1 << 20
"""Bytes of the beginning from which delimiter and decimal mark are told."""

DELIMITERS = ",;\t|"

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

ALWAYS_NULL = frozenset(
    [
        "",
        "?",
        "NA",
        "N/A",
        "n/a",
        "#N/A",
        "<NA>",
        "NaN",
        "nan",
        "-nan",
        "NULL",
        "Null",
        "null",
        "NaT",
    ]
)
"""Cells that are no value in any column, spaces around them aside."""

NULL_AMONG_NUMBERS = frozenset(
    ["-", "--", ".", "..", "None", "none", "unknown", "Unknown", "missing", "Missing", "na", "inf",
     "-inf", "Inf", "-Inf", "#DIV/0!", "#VALUE!", "#REF!", "N.A.", "n.a.", "nil", "null"]
)  # fmt: skip
"""Cells that are no value where nine in ten others are numbers; elsewhere they may be a level."""

_MARKERS = pa.array(sorted(ALWAYS_NULL | NULL_AMONG_NUMBERS))


@dataclass(frozen=True)
class Dialect:
    """How the file is written, and why adopt thinks so."""

    csv: Csv
    reasons: tuple[str, ...]


def sniff(path: Path) -> tuple[Sample, Dialect]:
    """Read a table whose layout is not known yet.

    The encoding is verified on the whole file, null markers are looked for in every cell; delimiter
    and decimal mark are told from the beginning and verified by the strict reader.

    Returns
    -------
    What :func:`src.adopt.sample.sampled` holds of it, null markers applied, and the dialect.

    Raises
    ------
    InputError
        The file cannot be read; the message says what was tried.
    """
    plain = Csv(delimiter=",", encoding="utf-8", decimal=".", null_values=[""])
    parts = [part for part in parts_of(path) if part.stat().st_size]
    if not parts or not format_of(parts[0]).text:
        return sampled(path, plain), Dialect(plain, ("the file brings its types along",))
    encoding, why_encoding = _encoding_of_all(parts)
    beginning = _beginning(parts[0], encoding)
    delimiter = _delimiter(beginning)
    layout = plain.model_copy(update={"delimiter": delimiter, "encoding": encoding})
    present: dict[str, set[str]] = {}
    sample = sampled(path, layout, partial(_look_for_markers, present))
    raw = sample.frame
    decimal, why_decimal = _decimal(raw.head(10_000))
    markers = _null_markers(raw, decimal, present)
    found = layout.model_copy(update={"decimal": decimal, "null_values": ["", *markers]})
    if markers:
        raw = raw.mask(raw.isin(markers))
    reasons = (
        f"delimiter {delimiter!r}: every row of the beginning has {raw.shape[1]} fields with it",
        f"encoding {encoding}: {why_encoding}",
        f"decimal mark {decimal!r}: {why_decimal}",
        f"null markers {found.null_values}: found in cells",
    )
    return replace(sample, frame=raw), Dialect(found, reasons)


def _encoding_of_all(parts: list[Path]) -> tuple[str, str]:
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
    around = _bytes_from(path, max(0, place - (BEGINNING >> 3)), BEGINNING >> 2)
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


def _beginning(path: Path, encoding: str) -> list[str]:
    """Return the lines of the beginning, the last one left out if it may be cut."""
    with opened(path) as stream:
        block = stream.read(BEGINNING)
        whole = not stream.read(1)
    text = codecs.getincrementaldecoder(encoding)().decode(block, final=whole).lstrip("\ufeff")
    lines = text.splitlines(keepends=True)
    return lines if whole or len(lines) < 2 else lines[:-1]


def _delimiter(lines: list[str]) -> str:
    """Return the delimiter with which most rows have as many fields as the header has.

    ``csv.Sniffer`` guesses from the frequency of characters and is misled by free text; here each
    candidate is tried with the standard library's parser.
    """

    def fit(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            return 0.0, 0
        alike = Counter(widths)[widths[0]] / len(widths) if widths else 0
        return (round(alike, 2), widths[0]) if widths and widths[0] > 1 else (0.0, 0)

    return max(DELIMITERS, key=fit)


def _texts(raw: pd.DataFrame) -> Iterator[pd.Series[Any]]:
    return (raw[name] for name in raw if pd.api.types.is_string_dtype(raw[name]))


def _decimal(raw: pd.DataFrame) -> tuple[str, str]:
    """Tell the decimal mark by which of the two more columns of the beginning are written with."""
    counts = dict.fromkeys(",.", 0)
    for cells in _texts(raw):
        known = cells.dropna().str.strip()
        for mark in counts:
            # Three digits after every comma are thousands, not decimals.
            pattern = rf"[+-]?\d*\{mark}\d+(?:[eE][+-]?\d+)?"
            like = known[known.str.fullmatch(pattern)]
            thousands = mark == "," and len(like) and like.str.fullmatch(r".*,\d{3}").all()
            counts[mark] += bool(len(like) > 0.5 * len(known) and not thousands)
    mark = "," if counts[","] > counts["."] else "."
    written = counts[mark]
    return mark, f"{written} columns are written so" if written else "no column says otherwise"


def _look_for_markers(present: dict[str, set[str]], batch: pa.RecordBatch) -> None:
    """Add to each column's null markers those of a batch, with the spaces around them."""
    for name, cells in zip(batch.schema.names, batch.columns, strict=True):
        short = cells.filter(pc.less_equal(pc.utf8_length(cells), 12))
        marks = pc.is_in(pc.utf8_trim_whitespace(short), _MARKERS)
        present.setdefault(name, set()).update(pc.unique(short.filter(marks)).to_pylist())


def _null_markers(raw: pd.DataFrame, decimal: str, present: Mapping[str, set[str]]) -> list[str]:
    """Return the cells that stand for no value, as they are written, in alphabetical order.

    ``present`` are those that may, of each column; where the others are numbers tells ``raw``.
    """
    markers: set[str] = set()
    for cells in _texts(raw):
        found = {cell for cell in present[str(cells.name)] if cell}
        markers |= {cell for cell in found if cell.strip() in ALWAYS_NULL}
        among = {cell for cell in found if cell.strip() in NULL_AMONG_NUMBERS}
        if among - markers:
            rest = cells[cells.notna() & ~cells.isin(among | markers)].head(10_000)
            numbers = pd.to_numeric(rest.str.replace(decimal, ".", regex=False), errors="coerce")
            if len(rest) and numbers.notna().mean() >= 0.9:
                markers |= among
    return sorted(markers)
