"""How a CSV file is written: delimiter, decimal mark, null markers, and its encoding."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from src.adopt.encoding import encoding_of_all
from src.adopt.sample import Sample, sampled
from src.base.contract import Csv
from src.tables.formats import format_of, opened
from src.tables.parts import parts_of

BEGINNING = 1 << 20
"""Bytes of the beginning from which delimiter and decimal mark are told."""

DELIMITERS = ",;\t|"

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
    encoding, why_encoding = encoding_of_all(parts)
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
