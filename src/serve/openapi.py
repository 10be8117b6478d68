"""The contract as the OpenAPI schema of records, and of the answer."""

from __future__ import annotations

from typing import Any

from src.base.contract import Column, Contract
from src.base.kinds import Kind
from src.modelling.predictions import PROBABILITY, class_names

Schema = dict[str, Any]

TYPES: dict[Kind, Schema] = {
    "numeric": {"type": "number"},
    "categorical": {"type": "string"},
    "datetime": {"type": "string"},
    "text": {"type": "string"},
    "boolean": {"type": "boolean"},
}

TENSORS: Schema = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": "string"},
        "inputs": {
            "type": "array",
            "description": "one tensor a column",
            "items": {
                "type": "object",
                "required": ["name", "shape", "datatype", "data"],
                "properties": {
                    "name": {"type": "string"},
                    "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                    "datatype": {"type": "string"},
                    "data": {"type": "array", "items": {}},
                },
            },
        },
    },
}
"""An inference request of the Open Inference Protocol V2."""


def schemas(contract: Contract) -> dict[str, Schema]:
    """Return the schemas of what is sent and answered, by their names in the OpenAPI document."""
    features = {name: cell_schema(contract.columns[name]) for name in contract.features}
    record = {"type": "object", "required": [*features], "properties": features}
    prediction = _prediction(contract)
    return {
        "Record": record,
        "Records": {
            "type": "object",
            "required": ["records"],
            "properties": {"records": _list_of("Record") | {"minItems": 1}},
        },
        "Prediction": {
            "type": "object",
            "required": [*prediction],
            "properties": prediction,
        },
        "Predictions": {
            "type": "object",
            "required": ["version", "predictions"],
            "properties": {
                "version": {"type": "string"}, "predictions": _list_of("Prediction"),
            },
        },
        "Tensors": TENSORS,
        "Refused": {
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": {"type": "string"},
                "violations": {"type": "array", "items": {"type": "string"}},
            },
        },
    }  # fmt: skip


def cell_schema(column: Column) -> Schema:
    """Return what a cell of a column may be."""
    schema = dict(TYPES[column.kind])
    if column.min is not None:
        schema["minimum"] = column.min
    if column.max is not None:
        schema["maximum"] = column.max
    if column.levels is not None:
        schema["enum"] = [*column.levels, *([None] if column.nullable else [])]
    if column.kind == "datetime":
        written = f"as in {column.format!r}" if column.format else "as in ISO 8601"
        schema["description"] = f"{column.description} ({written})".strip()
    elif column.description:
        schema["description"] = column.description
    if column.nullable:
        schema["type"] = [schema["type"], "null"]
    return schema


def _prediction(contract: Contract) -> dict[str, Schema]:
    classes = class_names(contract)
    if not classes:
        return {"predicted": {"type": "number"}}
    share = {"type": "number", "minimum": 0, "maximum": 1}
    return {
        "predicted": {"type": "string", "enum": [*classes]},
        **{f"{PROBABILITY}{name}": share for name in classes},
    }


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
