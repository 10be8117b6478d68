"""The server's routes: numbers and words of predict, limits, reloads, and no cell in a log."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest

from src.base.errors import InputError
from src.predict.scoring import score_batch
from src.serve.app import Limits, Serving, make_app
from src.serve.batching import BusyError
from src.serve.bodies import read_records
from src.serve.middleware import Outermost
from src.serve.model import ServedModel, load
from src.tables.validate import model_inputs
from tests.served import (
    CONTRACT,
    TABLE,
    ask,
    asking,
    predicted,
    records,
    serving_of,
)
from tests.tables import make_contract

RECORDS = records(TABLE)


@pytest.fixture(scope="module")
def model(released: Path) -> ServedModel:
    return load(released)


@pytest.fixture
def serving(model: ServedModel) -> Iterator[Serving]:
    with serving_of(model) as one:
        yield one


@pytest.fixture
def app(serving: Serving) -> Outermost:
    return Outermost(make_app(serving), serving)


def test_records_get_the_numbers_of_predict(app: Outermost, model: ServedModel) -> None:
    status, _, answer = ask(app, "/predict", {"records": RECORDS})
    assert status == 200
    assert answer == {"version": "model-v1.0.0", "predictions": predicted(model, TABLE)}


def test_ids_come_back_beside_the_predictions(app: Outermost) -> None:
    sent = [{**RECORDS[0], "row": "a7"}, {**RECORDS[1], "row": 8}]
    _, _, answer = ask(app, "/predict", {"records": sent})
    assert [row["row"] for row in answer["predictions"]] == ["a7", 8]


def test_an_id_does_not_give_way_to_a_prediction_of_its_name(model: ServedModel) -> None:
    contract = make_contract("binary", predicted={"kind": "text", "role": "id"})
    with serving_of(dataclasses.replace(model, contract=contract)) as serving:
        sent = {"records": [{**RECORDS[0], "predicted": "a7"}]}
        status, _, answer = ask(Outermost(make_app(serving), serving), "/predict", sent)
    assert (status, "column predicted: has role id" in answer["error"]) == (422, True)


def test_tensors_get_the_numbers_of_predict(app: Outermost, model: ServedModel) -> None:
    kinds = {"size": "FP64", "flag": "BOOL"}
    inputs = [
        {"name": name, "shape": [60, 1], "datatype": kinds.get(name, "BYTES"),
         "data": [row[name] for row in RECORDS]}
        for name in CONTRACT.features
    ]  # fmt: skip
    body = {"inputs": inputs, "id": "7", "outputs": [{"name": "probability_yes"}]}
    status, _, answer = ask(app, "/v2/models/model/infer", body)
    assert status == 200
    assert (answer["id"], answer["model_version"]) == ("7", "model-v1.0.0")
    [output] = answer["outputs"]
    assert (output["datatype"], output["shape"]) == ("FP64", [60])
    assert output["data"] == [row["probability_yes"] for row in predicted(model, TABLE)]
    body["outputs"] = [{"name": "probability_ye"}]
    status, _, answer = ask(app, "/v2/models/model/infer", body)
    assert (status, answer["error"]) == (
        400, "output probability_ye: there is no such; did you mean 'probability_yes'?"
    )  # fmt: skip


def test_what_predict_refuses_is_refused_in_its_words(app: Outermost, model: ServedModel) -> None:
    bad = TABLE.assign(size="large", code=None, flag="perhaps").drop(columns="day")
    _, violations = score_batch(model.model, bad, model_inputs(CONTRACT))
    status, _, answer = ask(app, "/predict", {"records": records(bad)})
    assert status == 422
    assert answer["violations"] == [str(violation) for violation in violations]
    assert len(violations) == 4
    assert all(f"\n  {violation}" in answer["error"] for violation in violations)


def test_health_and_metadata(app: Outermost, serving: Serving) -> None:
    assert ask(app, "/v2/health/live")[0] == 200
    assert ask(app, "/v2/models/model/ready")[0] == ask(app, "/v2/health/ready")[0] == 200
    described = ask(app, "/v2/models/model/versions/model-v1.0.0")[2]
    assert described["inputs"][0] == {"name": "size", "datatype": "FP64", "shape": [-1]}
    assert [one["name"] for one in described["outputs"]] == [
        "predicted", "probability_no", "probability_yes"
    ]  # fmt: skip
    assert ask(app, "/v2/models/another")[0] == 404
    assert ask(app, "/v2/models/model/versions/2")[0] == 404
    assert ask(app, "/nowhere")[2] == {"error": "Not Found"}
    serving.draining = True
    assert ask(app, "/v2/health/ready")[0] == 503
    status, headers, _ = ask(app, "/predict", {"records": RECORDS[:1]})
    assert (status, headers["connection"]) == (200, "close")


def test_the_openapi_document_is_the_contract_in_force(app: Outermost) -> None:
    document = ask(app, "/openapi.json")[2]
    schemas = document["components"]["schemas"]
    assert schemas["Record"]["properties"]["flag"] == {"type": "boolean"}
    assert schemas["Prediction"]["properties"]["predicted"]["enum"] == ["no", "yes"]
    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["$ref"] == "#/components/schemas/Records"


def test_bodies_are_limited(app: Outermost) -> None:
    status, headers, answer = ask(app, "/predict", b" " * 1_000_001)
    assert (status, headers["connection"]) == (413, "close")
    assert "1,000,000 bytes" in answer["error"]
    told = ask(app, "/predict", {"records": []}, headers={"content-length": "1000001"})
    assert told[0] == 413


def test_a_body_that_does_not_come_is_not_waited_for(serving: Serving) -> None:
    serving.limits = Limits(body=1, seconds=0.01)
    app = Outermost(make_app(serving), serving)

    async def never() -> Any:  # noqa: ANN401 - a message that never comes
        await asyncio.sleep(60)

    sent: list[Any] = []

    async def send(message: Any) -> None:  # noqa: ANN401 - as ASGI has it
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/predict", "headers": [],
             "query_string": b"", "root_path": "", "http_version": "1.1"}  # fmt: skip
    asyncio.run(app(scope, never, send))
    assert sent[0]["status"] == 408


def test_requests_that_wait_together_are_scored_together(
    app: Outermost, serving: Serving, model: ServedModel
) -> None:
    async def many() -> list[Any]:
        bodies = [{"records": [record]} for record in RECORDS]
        return list(await asyncio.gather(*(asking(app, "/predict", body) for body in bodies)))

    answers = asyncio.run(many())
    assert [answer["predictions"][0] for _, _, answer in answers] == predicted(model, TABLE)
    batches = serving.metrics.registry.get_sample_value("serve_batch_rows_count")
    assert batches is not None
    assert batches < 60


def test_rows_of_one_request_do_not_fail_the_others(
    serving: Serving, model: ServedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def score(_: ServedModel, rows: Any) -> dict[str, Any]:  # noqa: ANN401 - rows
        if np.nanmax(rows.numbers) > 1e6:
            raise InputError("the model cannot predict on this table")
        return {"predicted": rows.numbers[:, 0]}

    monkeypatch.setattr(ServedModel, "score", score)
    bodies = [orjson.dumps({"records": [{**RECORDS[0], "size": x}]}) for x in (1.0, 1e9, 3.0)]
    parts = [read_records(body, model.reader, []).rows for body in bodies]

    async def all_at_once() -> list[Any]:
        asked = (serving.batcher.score(model, rows) for rows in parts)
        return await asyncio.gather(*asked, return_exceptions=True)

    first, second, third = asyncio.run(all_at_once())
    assert (first["predicted"], third["predicted"]) == (1.0, 3.0)
    assert isinstance(second, InputError)


def test_many_rows_are_shared_out_to_the_cores(
    serving: Serving, model: ServedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("src.serve.batching.TOGETHER", 7)
    rows = read_records(orjson.dumps({"records": RECORDS}), model.reader, []).rows
    scored = asyncio.run(serving.batcher.score(model, rows))
    assert pd.DataFrame(scored).to_dict("records") == predicted(model, TABLE)


def test_who_would_wait_too_long_is_told_to_come_again(
    app: Outermost, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> None:
        raise BusyError

    monkeypatch.setattr(serving.batcher, "score", busy)
    status, headers, _ = ask(app, "/predict", {"records": RECORDS[:1]})
    assert (status, headers["retry-after"]) == (503, "1")


def test_an_error_nobody_expected_logs_no_cell(
    app: Outermost, serving: Serving, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    async def fails(_: object, rows: Any) -> None:  # noqa: ANN401 - rows
        raise RuntimeError(str(rows.others.to_dict()))

    monkeypatch.setattr(serving.batcher, "score", fails)
    with caplog.at_level(logging.DEBUG):
        status, _, answer = ask(app, "/predict", {"records": [{**RECORDS[0], "colour": "secret"}]})
    assert status == 500
    assert "its log says where" in answer["error"]
    assert "RuntimeError at" in caplog.text
    assert "secret" not in caplog.text + "".join(capfd.readouterr())


def test_counts_for_prometheus(app: Outermost) -> None:
    ask(app, "/predict", {"records": RECORDS[:3]})
    ask(app, "/predict", {"records": 3})
    text = ask(app, "/metrics")[2]
    assert 'serve_requests_total{endpoint="predict",status="200"} 1.0' in text
    assert 'serve_requests_total{endpoint="predict",status="400"} 1.0' in text
    assert "serve_rows_total 3.0" in text
    assert 'serve_model_info{version="model-v1.0.0"} 1.0' in text
    assert "serve_plain_path 1.0" in text


def test_a_model_keeps_what_it_was_tried_for(model: ServedModel) -> None:
    assert model.together
    assert model.plain is not None
    assert model.way == "the plain path, requests together"
    assert dataclasses.replace(model, plain=None).way.startswith("the pipeline")
