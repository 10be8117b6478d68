"""Change the project's files, all or none."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarint import ScalarInt

from src.adopt.model import BEGIN, BOOSTING, SMALLER, Model
from src.adopt.propose import Proposal
from src.adopt.track import RAW, remove
from src.base.contract import CONTRACT, Column, Contract, Task
from src.base.settings import PARAMS
from src.modelling.metrics import leading, metrics_of
from src.repository.commands import output
from src.repository.pipeline import PIPELINE, stages

_CHANGED = (CONTRACT, PARAMS, PIPELINE, Path("dvc.lock"), RAW / ".gitignore")


def _yaml() -> YAML:
    yaml = YAML()  # round trip: comments stay
    yaml.preserve_quotes = True
    yaml.width = 4096  # a column, a line
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _flow(content: Any) -> Any:  # noqa: ANN401 - any YAML value
    """Put a mapping or list on one line."""
    flow: CommentedMap | CommentedSeq
    if isinstance(content, Mapping):
        flow = CommentedMap({key: _flow(value) for key, value in content.items()})
    elif isinstance(content, list | tuple):
        flow = CommentedSeq(map(_flow, content))
    else:
        return content
    flow.fa.set_flow_style()
    return flow


def _put(mapping: CommentedMap, key: str, content: Any) -> None:  # noqa: ANN401 - any YAML value
    """Put a value in flow style in the place of one that may have had lines of its own."""
    comments = mapping.ca.items.get(key)
    if comments:
        comments[3] = None  # what stood before its first line
    mapping[key] = _flow(content)


def _hyperparameters(train: CommentedMap, model: Model) -> dict[str, object]:
    """Return the model's, or those that are there where they are of such an estimator.

    What an earlier adopt has chosen is not one's own: adopting twice is the same as once.
    """
    values: dict[str, object] = dict(model.hyperparameters or {})
    if model.hyperparameters is None and BOOSTING in model.estimator:
        there = dict(train["hyperparameters"]) if BOOSTING in train["estimator"] else {}
        there.pop("early_stopping", None)
        values = dict(BEGIN) if there in ({}, SMALLER) else there
    values.pop("early_stopping", None)
    stopping = {} if model.early_stopping is None else {"early_stopping": model.early_stopping}
    return values | stopping


def _put_hyperparameters(train: CommentedMap, values: Mapping[str, object]) -> None:
    """Put them in the place of others; comments stay, also the one below, which is the last's."""
    old = train["hyperparameters"]
    if dict(old) == values:
        return
    comments = dict(old.ca.items)
    outer = train.ca.items.pop("hyperparameters", [None] * 4)
    last = comments.pop(next(reversed(old), None), None) or [None, None, outer[2], None]
    new = train["hyperparameters"] = CommentedMap(values) if values else _flow({})
    new.ca.items.update({key: comments[key] for key in values if key in comments})
    if values:
        new.ca.items[next(reversed(new))] = last
    else:
        train.ca.items["hyperparameters"] = last


def entry(column: Column) -> Any:  # noqa: ANN401 - ruamel has no types
    """Return a column's line of the contract, without what it leaves at its default."""
    plain = column.model_dump(exclude_defaults=True)
    bounds = {rule: int(plain[rule]) for rule in ("min", "max") if plain.get(rule, 0.5) % 1 == 0}
    return _flow({**plain, **bounds})


def contract_text(old: str, contract: Contract) -> str:
    """Return ``data/schema.yaml`` for another table; the comment at its head stays."""
    yaml = _yaml()
    content = yaml.load(old)
    content["source"] = CommentedMap(contract.source.model_dump())
    content["csv"] = CommentedMap(contract.csv.model_dump())
    content["csv"]["null_values"] = _flow(contract.csv.null_values)
    content["columns"] = CommentedMap(
        {name: entry(column) for name, column in contract.columns.items()}
    )
    content.pop("acknowledged", None)
    text = _dumped(yaml, content)
    return re.sub(r"\n+(csv:|columns:)\n", r"\n\n\1\n", text)


def accepted_text(old: str, columns: Mapping[str, Column]) -> str:
    """Return ``data/schema.yaml`` with other columns; all else stays, comments too."""
    yaml = _yaml()
    content = yaml.load(old)
    there = content["columns"]
    for name in [name for name in there if name not in columns]:
        del there[name]
    for name, column in columns.items():
        new = entry(column)
        if name not in there or Column.model_validate(dict(there[name])) != column:
            there[name] = new
    known = content.get("acknowledged", [])
    for place in reversed(range(len(known))):
        if known[place]["column"] not in columns:
            del known[place]
    return _dumped(yaml, content)


def params_text(
    old: str, proposal: Proposal, table: Path, bounds: Mapping[str, Mapping[str, float]]
) -> str:
    """Return ``params.yaml`` with the proposed values in place; all else stays, comments too."""
    yaml = _yaml()
    content = yaml.load(old)
    prepare, train, evaluate = (content[name] for name in ("prepare", "train", "evaluate"))
    prepare["table"] = table.as_posix()
    prepare["drop_duplicates"] = proposal.drop_duplicates
    prepare["split"]["by"] = proposal.split
    prepare["split"]["cutoff"] = None
    _put_hyperparameters(train, _hyperparameters(train, proposal.model))
    train["estimator"] = proposal.model.estimator
    _put(train, "members", proposal.model.members)
    train["external_memory"] = proposal.model.external_memory
    train["final"] = proposal.model.final
    train["folds"] = proposal.model.folds
    search = content["search"]
    search["trials"] = 0
    search["metric"] = leading(proposal.contract.task).name
    space = {name: _flow(values) for name, values in proposal.model.space.items()}
    search["space"] = CommentedMap({proposal.model.estimator: CommentedMap(space)})
    _put(evaluate["slices"], "columns", proposal.slices)
    # Without bounds the gate is empty and fails: another table's would say nothing of this one.
    gate = content["gate"]
    gate["bounds"] = CommentedMap({path: _flow(bound) for path, bound in bounds.items()})
    gate["no_regression"]["metric"] = _paired(proposal.contract.task)
    gate["allow_missing_baseline"] = True
    least = max(gate["budgets"]["model_bytes"], proposal.model.max_bytes)
    gate["budgets"]["model_bytes"] = ScalarInt(least, underscore=[3, False, False])
    return _dumped(yaml, content)


def _paired(task: Task) -> str:
    return next(name for name, metric in metrics_of(task).items() if task in metric.paired)


def params_without(old: str, columns: Collection[str]) -> str:
    """Return ``params.yaml`` without slices of columns that are gone, nor bounds on them."""
    yaml = _yaml()
    content = yaml.load(old)
    slices, bounds = content["evaluate"]["slices"], content["gate"]["bounds"]
    kept = [name for name in slices["columns"] if name not in columns]
    gone = [path for path in bounds if any(path.startswith(f"slices.{name}.") for name in columns)]
    if len(kept) == len(slices["columns"]) and not gone:
        return old
    _put(slices, "columns", kept)
    for path in gone:
        del bounds[path]
    return _dumped(yaml, content)


def _dumped(yaml: YAML, content: Any) -> str:  # noqa: ANN401 - ruamel has no types
    yaml.representer.add_representer(
        type(None), lambda representer, _: representer.represent_scalar(
            "tag:yaml.org,2002:null", "null")
    )  # fmt: skip
    stream = io.StringIO()
    yaml.dump(content, stream)
    return stream.getvalue()


@contextlib.contextmanager
def all_or_none(table: Path, record: Path) -> Iterator[None]:
    """Put every file back as it was when the block raises, and delete the table it brought.

    ``record`` says where the table comes from: DVC's file beside it, or a query.
    """
    before = {path: path.read_bytes() if path.is_file() else None for path in (*_CHANGED, record)}
    there = table.exists()
    try:
        yield
    except BaseException:
        for path, content in before.items():
            if content is not None:
                path.write_bytes(content)
            else:
                path.unlink(missing_ok=True)
        if not there:
            remove(table)
        raise


def remove_ingest() -> bool:
    """Remove the default table's stage, if it is still there; tell whether it was."""
    if "ingest" not in stages():
        return False
    output("dvc", "remove", "--outs", "ingest")
    yaml = _yaml()  # DVC indents lists otherwise, which would drown the change in git diff
    content = yaml.load(PIPELINE.read_text(encoding="utf-8"))
    PIPELINE.write_text(_dumped(yaml, content), encoding="utf-8")
    return True


def put_first(name: str, stage: Mapping[str, Any]) -> None:
    """Put a stage before all others in dvc.yaml, instead of one of its name."""
    yaml = _yaml()
    content = yaml.load(PIPELINE.read_text(encoding="utf-8"))
    there = content["stages"]
    there.pop(name, None)  # with the empty line below it
    there.insert(0, name, CommentedMap(stage))
    there.yaml_set_comment_before_after_key(list(there)[1], before="\n")
    PIPELINE.write_text(_dumped(yaml, content), encoding="utf-8")
