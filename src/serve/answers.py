"""Answers in JSON: what a model is, and one form for whatever is refused."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from src.base.errors import InputError
from src.modelling.predictions import PROBABILITY, class_names
from src.serve.batching import BusyError
from src.serve.bodies import RefusedRequest
from src.serve.model import ServedModel

JSON = "application/json"


def as_json(content: object, status: int = 200) -> Response:
    """Return content as a response."""
    return Response(orjson.dumps(content), status, media_type=JSON)


def described(name: str, model: ServedModel) -> dict[str, Any]:
    """Return the metadata of a model, as the Open Inference Protocol has it."""
    columns = model.contract.columns
    kinds = {"numeric": "FP64", "boolean": "BOOL"}
    inputs = {one: kinds.get(columns[one].kind, "BYTES") for one in model.contract.features}
    classes = class_names(model.contract)
    outputs = {"predicted": "BYTES" if classes else "FP64"}
    outputs |= {f"{PROBABILITY}{one}": "FP64" for one in classes}
    return {
        "name": name,
        "versions": [model.version],
        "platform": "sklearn_skops",
        "inputs": [{"name": one, "datatype": kind, "shape": [-1]} for one, kind in inputs.items()],
        "outputs": [
            {"name": one, "datatype": kind, "shape": [-1]} for one, kind in outputs.items()
        ],
    }


def add_errors(app: FastAPI) -> None:
    """Answer what is refused in one form: ``{"error": …}``, with the violations where there are."""

    @app.exception_handler(RefusedRequest)
    async def refused(request: Request, error: RefusedRequest) -> Response:
        del request
        lines = "".join(f"\n  {violation}" for violation in error.violations)
        content: dict[str, Any] = {"error": f"{error}{lines}"}
        if error.violations:
            content["violations"] = error.violations
        answer = as_json(content, error.status)
        if error.status in (408, 413):  # what is left of the body is not waited for
            answer.headers["connection"] = "close"
        return answer

    @app.exception_handler(InputError)
    async def cannot(request: Request, error: InputError) -> Response:
        del request
        return as_json({"error": str(error)}, 422)

    @app.exception_handler(BusyError)
    @app.exception_handler(TimeoutError)
    async def busy(request: Request, error: Exception) -> Response:
        del request, error
        answer = as_json({"error": "too many rows wait already. Ask again later."}, 503)
        answer.headers["retry-after"] = "1"
        return answer

    @app.exception_handler(HTTPException)
    async def no_route(request: Request, error: HTTPException) -> Response:
        del request
        return as_json({"error": error.detail}, error.status_code)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        del request, error
        return as_json({"error": "an error of the server's own; its log says where."}, 500)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        del request, error
        return Response(status_code=499)  # nobody reads it
