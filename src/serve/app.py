"""The routes: the Open Inference Protocol V2, records, health and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from src.serve.answers import JSON, add_errors, as_json, described
from src.serve.batching import Batcher
from src.serve.bodies import (
    Asked,
    Predicted,
    RefusedRequest,
    read_records,
    read_tensors,
    write_records,
    write_tensors,
)
from src.serve.metrics import Metrics
from src.serve.model import ServedModel
from src.serve.openapi import schemas

LARGE = 100_000
"""Bytes of a body from which on it is read in another thread: the event loop must go on."""


@dataclass(frozen=True)
class Limits:
    """What a request may cost.

    Attributes
    ----------
    body
        Bytes.
    seconds
        For the head, for the body, and for the answer, each.
    """

    body: int
    seconds: float


@dataclass
class Serving:
    """What the routes need; the model changes while they run.

    Attributes
    ----------
    model
        The one in force. Each request keeps the one that it was checked with.
    draining
        Whether the server is about to end: it answers, but is not ready for more.
    """

    name: str
    model: ServedModel
    batcher: Batcher
    metrics: Metrics
    limits: Limits
    draining: bool = False


def make_app(serving: Serving) -> FastAPI:
    """Return the application; what it answers follows from ``serving`` at that moment."""
    app = FastAPI(docs_url=None, redoc_url=None)  # these pages need the network
    app.openapi = lambda: _openapi(app, serving.model)  # type: ignore[method-assign] # FastAPI's way to replace it
    add_errors(app)
    _add_health(app, serving)
    _add_inference(app, serving)

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Return the server's counts as Prometheus reads them."""
        return Response(generate_latest(serving.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return app


def _add_health(app: FastAPI, serving: Serving) -> None:
    @app.get("/v2/health/live")
    async def live() -> Response:
        """Tell that the server runs."""
        return as_json({"live": True})

    @app.get("/v2/health/ready")
    async def ready() -> Response:
        """Tell whether requests should be sent here: not while it ends."""
        return as_json({"ready": not serving.draining}, 503 if serving.draining else 200)

    @app.get("/v2/models/{name}/ready")
    @app.get("/v2/models/{name}/versions/{version}/ready")
    async def model_ready(name: str, version: str = "") -> Response:
        """Tell whether a model can be asked."""
        _require_model(serving, name, version)
        return await ready()


def _add_inference(app: FastAPI, serving: Serving) -> None:
    @app.get("/v2")
    async def server() -> Response:
        """Describe the server."""
        return as_json({"name": "src.serve", "version": serving.model.version, "extensions": []})

    @app.get("/v2/models/{name}")
    @app.get("/v2/models/{name}/versions/{version}")
    async def model(name: str, version: str = "") -> Response:
        """Describe the model's inputs and outputs."""
        _require_model(serving, name, version)
        return as_json(described(name, serving.model))

    @app.post("/v2/models/{name}/infer", openapi_extra=_takes("Tensors"), responses=_REFUSALS)
    @app.post(
        "/v2/models/{name}/versions/{version}/infer",
        openapi_extra=_takes("Tensors"),
        responses=_REFUSALS,
    )
    async def infer(request: Request, name: str, version: str = "") -> Response:
        """Score tensors, one a column."""
        _require_model(serving, name, version)
        model = serving.model

        def write(predicted: Predicted, asked: Asked) -> bytes:
            return write_tensors(predicted, asked, name, model.version)

        return await _answer(
            request, serving, model, lambda body: read_tensors(body, model.reader), write
        )

    @app.post("/predict", openapi_extra=_takes("Records"), responses=_REFUSALS | _answers())
    async def predict(request: Request) -> Response:
        """Score records: the columns that ``python -m src.predict`` writes."""
        model = serving.model
        ids = model.contract.names("id")

        def write(predicted: Predicted, asked: Asked) -> bytes:
            return write_records(predicted, asked, model.version)

        return await _answer(
            request, serving, model, lambda body: read_records(body, model.reader, ids), write
        )


async def _answer(
    request: Request,
    serving: Serving,
    model: ServedModel,
    read: Callable[[bytes], Asked],
    write: Callable[[Predicted, Asked], bytes],
) -> Response:
    """Read a body, check it, score its rows and write the answer."""
    body = await _body(request, serving.limits)
    large = len(body) > LARGE
    asked = await asyncio.to_thread(read, body) if large else read(body)
    async with asyncio.timeout(serving.limits.seconds):
        predicted = await serving.batcher.score(model, asked.rows)
    serving.metrics.rows.inc(len(asked.rows))
    content = await asyncio.to_thread(write, predicted, asked) if large else write(predicted, asked)
    return Response(content, media_type=JSON)


async def _body(request: Request, limits: Limits) -> bytes:
    """Return the body of a request, within the limits of bytes and time."""
    too_large = RefusedRequest(413, f"the body has more than {limits.body:,} bytes.")
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > limits.body:
        raise too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(limits.seconds):
            async for part in request.stream():
                parts.append(part)
                size += len(part)
                if size > limits.body:
                    raise too_large
    except TimeoutError:
        raise RefusedRequest(408, f"the body took longer than {limits.seconds:g} s.") from None
    return b"".join(parts)


def _require_model(serving: Serving, name: str, version: str) -> None:
    if name != serving.name:
        raise RefusedRequest(404, f"no model of this name; the one here is {serving.name!r}.")
    if version not in ("", serving.model.version):
        raise RefusedRequest(404, f"the version here is {serving.model.version}.")


def _reference(name: str) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _takes(name: str) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": _reference(name)}}


def _answers() -> dict[int | str, dict[str, Any]]:
    return {200: {"content": _reference("Predictions")}}


_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"description": "no table", "content": _reference("Refused")},
    408: {"description": "the body did not come in time", "content": _reference("Refused")},
    413: {"description": "the body is too large", "content": _reference("Refused")},
    422: {"description": "breaks the contract", "content": _reference("Refused")},
    503: {"description": "too many rows wait", "content": _reference("Refused")},
}


def _openapi(app: FastAPI, model: ServedModel) -> dict[str, Any]:
    """Describe the routes as they are with the model in force."""
    target = model.contract.target
    document: dict[str, Any] = get_openapi(
        title=f"Predictions of {target}", version=model.version, routes=app.routes
    )
    document.setdefault("components", {}).setdefault("schemas", {}).update(schemas(model.contract))
    return document
