"""A model that is being served: loaded, verified, and how its rows may be scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import numpy.typing as npt

from src.base.contract import Contract, load_contract
from src.base.errors import InputError
from src.modelling.predictions import (
    PROBABILITY,
    Floats,
    are_probabilities,
    class_names,
    decided,
    predict_raw,
    threshold_of,
    unseen_categories,
)
from src.modelling.threads import single
from src.release.fetch import WHEEL, verify
from src.saving.model_file import load_model, types_to_trust
from src.saving.trust import FEATURES, OWN, read_trust
from src.serve.plain import known_levels, plain_path
from src.serve.probe import probe
from src.serve.rows import Rows, RowsReader
from src.tables.validate import model_inputs

PROBE = 256
"""Rows on which the plain path must be the pipeline to the bit."""

PARTS = (*[1] * 6, 2, 3, 5, 14, 60)
"""In what numbers some of these rows are predicted as well: BLAS has ways of its own for few."""


@dataclass(frozen=True)
class ServedModel:
    """A published model that has been loaded.

    Attributes
    ----------
    version
        The tag.
    model
        The fitted pipeline.
    contract
        Of the tables that it was trained on.
    reader
        What checks the rows of requests.
    together
        Whether rows may be scored beside rows of other requests: each was predicted the same to the
        bit alone as among others. Linear models are not: BLAS adds in another order.
    plain
        What predicts the same faster; None where the pipeline itself must.
    """

    version: str
    model: Any
    contract: Contract
    reader: RowsReader
    together: bool = False
    plain: Callable[[Rows], Floats] | None = None

    @property
    def way(self) -> str:
        """How it scores, in words."""
        path = "the plain path" if self.plain else "the pipeline"
        return f"{path}, {'requests together' if self.together else 'each request alone'}"

    def score(self, rows: Rows) -> dict[str, npt.NDArray[Any]]:
        """Return the columns that ``python -m src.predict`` writes.

        Raises
        ------
        InputError
            The model cannot predict on these rows.
        """
        output = self.predict(rows)
        if not self.classes:
            return {"predicted": output[:, 0]}
        # What predictions_frame returns, without the frame: half of the time of a row.
        chosen = np.array(self.classes)[decided(output, self.threshold)]
        shares = {f"{PROBABILITY}{name}": output[:, k] for k, name in enumerate(self.classes)}
        return {"predicted": chosen, **shares}

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; none in a regression."""
        return class_names(self.contract)

    @cached_property
    def threshold(self) -> float | None:
        """From which probability on the positive class is predicted."""
        return threshold_of(self.model)

    def predict(self, rows: Rows) -> Floats:
        """Return what :func:`src.modelling.predictions.predict_raw` returns.

        To be called where :func:`src.modelling.threads.single` holds: entering it for each request
        would take longer than the plain path.
        """
        output = self.plain and self._plainly(self.plain, rows)
        return self.by_pipeline(rows) if output is None else output

    def _plainly(self, plain: Callable[[Rows], Floats], rows: Rows) -> Floats | None:
        """Return the output of the plain path; None where the pipeline must say what is wrong."""
        try:
            with unseen_categories():
                seen = np.asarray(plain(rows), dtype=np.float64)
        except Exception:  # it reads what libraries keep to themselves
            return None
        classes = self.classes
        if not np.isfinite(seen).all() or (classes and not are_probabilities(seen)):
            return None
        if not classes:
            return seen.reshape(-1, 1)
        output = np.zeros((len(rows), len(classes)))
        output[:, [classes.index(name) for name in self.model.classes_]] = seen
        return output

    def by_pipeline(self, rows: Rows) -> Floats:
        """Return the same by the pipeline itself."""
        return predict_raw(self.model, self.reader.features(rows), self.contract)


def load(folder: Path) -> ServedModel:
    """Load the model of a folder that :mod:`src.release.fetch` has filled.

    Raises
    ------
    InputError
        A file is not what the tag says, the model holds a type that is not trusted, or steps of its
        own that are other code than this clone's. Nothing of it has run then.
    """
    version = verify(folder)
    path = folder / "model.skops"
    _require_steps(path, folder)
    contract = load_contract(folder / "schema.yaml")
    model = load_model(path, read_trust())
    return tried(ServedModel(version, model, contract, RowsReader(model_inputs(contract))))


def tried(served: ServedModel) -> ServedModel:
    """Return a model with what a probe of rows has shown that it can do."""
    rows = served.reader.of_frame(probe(served.contract, PROBE, known_levels(served.model)))
    ends = np.cumsum(PARTS)
    parts = [rows.take(end - size, end) for end, size in zip(ends, PARTS, strict=True)]
    whole, *others = wanted = [served.by_pipeline(part) for part in (rows, *parts)]
    together = np.array_equal(np.concatenate(others), whole[: ends[-1]])
    known = replace(served, together=together)
    plain = plain_path(served.model, served.reader)
    if plain is None:
        return known
    with single(0):
        found = [known._plainly(plain, part) for part in (rows, *parts)]
    same = all(
        one is not None and np.array_equal(one, other)
        for one, other in zip(found, wanted, strict=True)
    )
    return replace(known, plain=plain) if same else known


def _require_steps(model: Path, folder: Path) -> None:
    """Refuse a model whose own feature steps are not the code of this clone."""
    names = [name for name in types_to_trust(model) if name.startswith(OWN)]
    if not names:
        return
    wheels = list(folder.glob(f"*{WHEEL}"))
    if len(wheels) != 1 or not all(
        Path(name).is_file() and Path(name).read_bytes() == content
        for name, content in _code(wheels[0]).items()
    ):
        raise InputError(
            f"{FEATURES}: not the code of {names[0]} that the model in {folder} was trained with. "
            "Nothing was loaded. Serve it from a clone of its version (`git checkout TAG`)."
        )


def _code(wheel: Path) -> Mapping[str, bytes]:
    with ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith(f"{FEATURES}/")]
        return {name: archive.read(name) for name in names}
