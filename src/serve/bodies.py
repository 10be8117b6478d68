"""The bodies of requests and answers: records, and tensors of the Open Inference Protocol V2.

References
----------
https://github.com/open-inference/open-inference-protocol, its REST protocol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import orjson
import pyarrow as pa

from src.base.errors import brief, did_you_mean
from src.predict.scoring import require_other_names
from src.serve.rows import Cells, Rows, RowsReader, column
from src.tables.convert import Violation

Predicted: TypeAlias = Mapping[str, np.ndarray[Any, Any]]
"""The columns of :func:`src.modelling.predictions.predictions_frame`, by their names."""

DATATYPES: Mapping[str, tuple[pa.DataType, frozenset[type]]] = {
    "BOOL": (pa.bool_(), frozenset({bool})),
    "FP32": (pa.float32(), frozenset({float, int})),
    "FP64": (pa.float64(), frozenset({float, int})),
    "BYTES": (pa.string(), frozenset({str})),
    **{
        f"{kind}{bits}": (getattr(pa, f"{kind.lower()}{bits}")(), frozenset({int}))
        for kind in ("INT", "UINT")
        for bits in (8, 16, 32, 64)
    },
}
"""What each of the protocol's types is in a Parquet file, and what JSON may write it as.

Arrow itself would cut the decimals off a number to make it whole.
"""


class RefusedRequest(Exception):  # noqa: N818 - an answer, which may be in order
    """A request that is answered with a status and a reason.

    Attributes
    ----------
    status
        Of HTTP: 400 where the body is no table at all, 422 where the table breaks the contract.
    violations
        Of the contract, one sentence each.
    """

    def __init__(self, status: int, reason: str, violations: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.status, self.violations = status, violations


@dataclass(frozen=True)
class Asked:
    """What a request asks for.

    Attributes
    ----------
    kept
        What of each row goes back beside its prediction: its ids.
    outputs
        Names of the wanted outputs; empty for all.
    id
        What the answer repeats.
    """

    rows: Rows
    kept: Sequence[Mapping[str, Any]] = ()
    outputs: tuple[str, ...] = ()
    id: str | None = None


def read_records(body: bytes, reader: RowsReader, ids: Sequence[str]) -> Asked:
    """Read ``{"records": [{column: cell, …}, …]}``.

    Raises
    ------
    RefusedRequest
        It is not written so, or breaks the contract.
    """
    records = _object(body).get("records")
    if not isinstance(records, list) or not all(type(one) is dict for one in records):
        raise RefusedRequest(400, 'expected {"records": [{column: cell, …}, …]}.')
    if not records:
        raise RefusedRequest(422, "no rows, only an empty list of records.")
    cells: dict[str, Cells] = {}
    violations = []
    for name in reader.contract.features:
        try:
            cells[name] = column([record[name] for record in records])
        except KeyError:
            missing = [row for row, record in enumerate(records, start=1) if name not in record]
            if len(missing) < len(records):  # of all, the contract's check tells
                examples = tuple(f"row {row}" for row in missing[:3])
                violations.append(
                    Violation(name, "missing from the table", "", len(missing), examples)
                )
    if violations:
        raise _refused(violations)
    kept = [{name: record[name] for name in ids if name in record} for record in records]
    return Asked(_rows(cells, len(records), reader), kept if ids else ())


def read_tensors(body: bytes, reader: RowsReader) -> Asked:
    """Read an inference request of the protocol, an input of shape ``[n]`` or ``[n, 1]`` a column.

    Raises
    ------
    RefusedRequest
        It is not written so, or breaks the contract.
    """
    content = _object(body)
    inputs, asked = content.get("inputs"), content.get("id")
    if not isinstance(inputs, list) or not inputs or not all(type(one) is dict for one in inputs):
        raise RefusedRequest(400, 'expected {"inputs": [{name, shape, datatype, data}, …]}.')
    if asked is not None and not isinstance(asked, str):
        raise RefusedRequest(400, "id: expected a text.")
    cells: dict[str, Cells] = {}
    rows: int | None = None
    for tensor in inputs:
        name, length, values = _tensor(tensor)
        if rows not in (None, length):
            raise RefusedRequest(400, f"input {name}: {length} rows, but others have {rows}.")
        if name in cells:
            raise RefusedRequest(400, f"input {name}: is there twice.")
        rows, cells[name] = length, values
    if not rows:
        raise RefusedRequest(422, "no rows, only empty tensors.")
    known = {name: cells[name] for name in reader.contract.features if name in cells}
    return Asked(_rows(known, rows, reader), outputs=_outputs(content), id=asked)


def write_records(predicted: Predicted, asked: Asked, version: str) -> bytes:
    """Return the answer to :func:`read_records`; numbers are written so that they come back.

    Raises
    ------
    InputError
        An id has the name of a prediction.
    """
    columns = [values.tolist() for values in predicted.values()]
    rows = [dict(zip(predicted, row, strict=True)) for row in zip(*columns, strict=True)]
    if asked.kept:
        require_other_names(set().union(*asked.kept), predicted)
        rows = [{**ids, **row} for ids, row in zip(asked.kept, rows, strict=True)]
    return orjson.dumps({"version": version, "predictions": rows})


def write_tensors(predicted: Predicted, asked: Asked, name: str, version: str) -> bytes:
    """Return the answer to :func:`read_tensors`.

    Raises
    ------
    RefusedRequest
        It asked for an output that there is not.
    """
    for wanted in asked.outputs:
        if wanted not in predicted:
            close = did_you_mean(wanted, predicted)
            raise RefusedRequest(400, f"output {wanted}: there is no such{close}")
    outputs = [
        {
            "name": output,
            "shape": [len(predicted[output])],
            "datatype": datatype_of(predicted[output]),
            "data": predicted[output].tolist(),
        }
        for output in asked.outputs or predicted
    ]
    answer = {"model_name": name, "model_version": version, "outputs": outputs}
    return orjson.dumps(answer if asked.id is None else {**answer, "id": asked.id})


def datatype_of(values: np.ndarray[Any, Any]) -> str:
    """Return the protocol's type of an output: a number, or text."""
    return "FP64" if values.dtype == np.float64 else "BYTES"


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except ValueError as error:
        raise RefusedRequest(400, f"not readable as JSON: {brief(error)}.") from None
    if not isinstance(content, dict):
        raise RefusedRequest(400, f"expected a JSON object, found {type(content).__name__}.")
    return content


def _tensor(tensor: dict[str, Any]) -> tuple[str, int, pa.Array]:
    name, kind, data = tensor.get("name"), tensor.get("datatype"), tensor.get("data")
    if not isinstance(name, str):
        raise RefusedRequest(400, "inputs: expected each to have a name.")
    if not isinstance(kind, str) or kind not in DATATYPES:
        raise RefusedRequest(400, f"input {name}: datatype: expected one of {[*DATATYPES]}.")
    length = _length(tensor.get("shape"))
    if length is None:
        raise RefusedRequest(400, f"input {name}: shape: expected [rows] or [rows, 1].")
    if not isinstance(data, list):
        raise RefusedRequest(400, f"input {name}: data: expected a list.")
    if data and all(type(row) is list for row in data):
        data = list(chain.from_iterable(data))
    if len(data) != length:
        raise RefusedRequest(400, f"input {name}: {len(data)} cells, but its shape has {length}.")
    wanted, types = DATATYPES[kind]
    if not set(map(type, data)) <= types | {type(None)}:
        named = " or ".join(sorted(one.__name__ for one in types))
        raise RefusedRequest(400, f"input {name}: data is not {kind}: expected {named} cells.")
    try:
        return name, length, pa.array(data, wanted)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise RefusedRequest(400, f"input {name}: data is not {kind}: {brief(error)}.") from None


def _length(shape: object) -> int | None:
    """Return the rows of a tensor that is one column."""
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        return None
    return int(shape[0]) if len(shape) == 1 or (len(shape) == 2 and shape[1] == 1) else None


def _outputs(content: Mapping[str, Any]) -> tuple[str, ...]:
    outputs = content.get("outputs") or []
    named = isinstance(outputs, list) and all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in outputs
    )
    if not named:
        raise RefusedRequest(400, "outputs: expected [{name}, …].")
    return tuple(one["name"] for one in outputs)


def _rows(cells: Mapping[str, Cells], number: int, reader: RowsReader) -> Rows:
    rows, violations = reader.read(cells, number)
    if violations:
        raise _refused(violations)
    return rows


def _refused(violations: Sequence[Violation]) -> RefusedRequest:
    plural = "s" * (len(violations) > 1)
    reason = f"{len(violations)} violation{plural} of the contract (row 1 is the first)."
    return RefusedRequest(422, reason, [str(violation) for violation in violations])
