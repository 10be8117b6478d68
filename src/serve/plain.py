"""The fitted steps of a pipeline on plain arrays: the same numbers without a frame a step.

skrub's TableVectorizer takes about a millisecond a column, for one row as for a thousand, and
scikit-learn's checks as long again. Here numeric columns are rounded to float32 all at once, levels
become codes by a dictionary, and the trees of HistGradientBoosting are asked directly, see
:mod:`src.serve.trees`. Other columns and estimators go through their own fitted ``transform`` and
``predict``.

It reads what these libraries keep of a fit, some of it not documented. So nothing of it is used for
a model before its predictions were those of the pipeline to the bit, see :mod:`src.serve.model`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline
from skrub import TableVectorizer

from src.serve.rows import Rows, RowsReader
from src.serve.trees import Forest

Array: TypeAlias = npt.NDArray[Any]
Estimate: TypeAlias = Callable[["Vectorized"], Array]

NUMBER = {"DropUninformative", "ToFloat", "PassThrough", "ShortReprDict"}
"""Steps of skrub's that together do nothing to a column of numbers but round it to float32."""

CATEGORY = {"DropUninformative", "CleanCategories", "ToCategorical"}
"""Steps that leave a level what it is; ToCategorical is the last wherever levels stay levels."""

Trees = HistGradientBoostingClassifier | HistGradientBoostingRegressor
Voting = VotingClassifier | VotingRegressor


@dataclass(frozen=True)
class Vectorized:
    """What the feature steps make of ``n`` rows.

    Attributes
    ----------
    numbers
        Shape ``(n, k)``, float32: all columns but the levels.
    names
        Of these columns.
    levels
        Cells of the columns that stay levels.
    """

    numbers: Array
    names: Sequence[str]
    levels: Sequence[Sequence[Any]]

    @property
    def frame(self) -> pd.DataFrame:
        """The numbers as the pipeline passes them on."""
        return pd.DataFrame(self.numbers, columns=pd.Index(self.names))


def plain_path(model: object, reader: RowsReader) -> Callable[[Rows], Array] | None:
    """Return what predicts as a model does; None where no such way is known.

    The result takes rows and returns what ``predict_proba``, of a regressor ``predict``, returns.
    """
    if not isinstance(model, Pipeline):
        return None
    steps = [step for _, step in model.steps[:-1]]
    places = [place for place, step in enumerate(steps) if isinstance(step, TableVectorizer)]
    if len(places) != 1:
        return None
    own, vectorizer, further = steps[: places[0]], steps[places[0]], steps[places[0] + 1 :]
    vectorize = _PlainVectorizer(vectorizer, reader, own)
    estimate = _further(further, model[-1]) if further else _estimate(model[-1])
    return lambda rows: estimate(vectorize(rows))


def known_levels(model: object) -> Mapping[str, Sequence[str]]:
    """Return the levels that a pipeline's steps know, by column: what a probe should have."""
    found: dict[str, Sequence[str]] = {}
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else []
    for vectorizer in (step for step in steps if isinstance(step, TableVectorizer)):
        for name, chain in vectorizer.all_processing_steps_.items():
            for step in chain:
                if hasattr(step, "categories_"):
                    found[name] = [one for one in step.categories_[0] if isinstance(one, str)]
        for tree in _trees_of(steps[-1]):
            names = [name for name, chain in vectorizer.all_processing_steps_.items()
                     if _stays_level(chain)]  # fmt: skip
            known = [] if tree._preprocessor is None else _encoder(tree).categories_
            for name, levels in zip(names, known, strict=False):
                found[name] = [one for one in levels if isinstance(one, str)]
    return found


class _PlainVectorizer:
    """What the steps of a pipeline do up to its vectorizer.

    Parameters
    ----------
    own
        The steps before the vectorizer, which make a frame of a frame.
    """

    def __init__(self, vectorizer: TableVectorizer, reader: RowsReader, own: Sequence[Any]) -> None:
        chains = {
            name: chain
            for name, chain in vectorizer.all_processing_steps_.items()
            if not any(getattr(step, "drop_", False) for step in chain)
        }
        outputs = vectorizer.input_to_outputs_
        levels = [name for name, chain in chains.items() if _stays_level(chain)]
        numbers = [name for name, chain in chains.items() if _types(chain) <= NUMBER]
        self._reader, self._own = reader, own
        self._names = [one for name in chains if name not in levels for one in outputs[name]]
        place_of = {name: place for place, name in enumerate(self._names)}
        self._block = [name for name in numbers if own or name in reader.numeric]
        self._to = np.array([place_of[name] for name in self._block], dtype=np.intp)
        found = [] if own else [reader.numeric.index(name) for name in self._block]
        self._from = np.array(found, dtype=np.intp)
        self._levels = {name: chains[name] for name in levels}
        self._rest = {
            place_of[outputs[name][0]]: (name, chain)
            for name, chain in chains.items()
            if name not in {*self._block, *levels}
        }

    def __call__(self, rows: Rows) -> Vectorized:
        # As a frame of columns lies in memory, which decides how BLAS adds.
        made = np.empty((len(rows), len(self._names)), dtype=np.float32, order="F")
        columns = rows.others
        if self._own:
            columns = self._reader.features(rows)
            for step in self._own:
                columns = step.transform(columns)
            made[:, self._to] = columns[self._block].to_numpy(np.float64, na_value=np.nan)
        else:
            made[:, self._to] = rows.numbers[:, self._from]
        for start, (name, chain) in self._rest.items():
            done = self._through(columns[name], chain)
            whole = done.to_frame() if isinstance(done, pd.Series) else done
            made[:, start : start + whole.shape[1]] = whole.to_numpy(np.float32, na_value=np.nan)
        levels = [
            columns[name] if _types(chain) <= CATEGORY else self._through(columns[name], chain)
            for name, chain in self._levels.items()
        ]
        return Vectorized(made, self._names, [cells.tolist() for cells in levels])

    def _through(self, cells: pd.Series[Any], chain: Iterable[Any]) -> Any:  # noqa: ANN401 - a frame or a column
        """Return what a column's own fitted steps make of it: a frame, or another column."""
        made: Any = cells.astype("category") if cells.name in self._reader.categorical else cells
        for step in chain:
            if isinstance(step, Mapping):  # to float32, which the array does
                continue
            alone = hasattr(step, "__single_column_transformer__")
            made = step.transform(made if alone else made.to_frame())
        return made


def _further(steps: Sequence[Any], estimator: Any) -> Estimate:  # noqa: ANN401 - any estimator
    """Return what steps after the vectorizer, such as an imputer, and an estimator do."""

    def apply(made: Vectorized) -> Array:
        columns = made.frame
        for step in steps:
            columns = step.transform(columns)
        return _predict(estimator, columns)

    return apply


def _estimate(estimator: Any) -> Estimate:  # noqa: ANN401 - any fitted estimator
    """Return what an estimator does: of trees directly, of others by their own methods."""
    if isinstance(estimator, FixedThresholdClassifier):
        return _estimate(estimator.estimator_)
    members = _trees_of(estimator)
    if not members:
        return lambda made: _predict(estimator, made.frame)
    forest = Forest(members)
    if not isinstance(estimator, Voting):
        return lambda made: forest(made.numbers, made.levels)[0]
    return lambda made: np.average(forest(made.numbers, made.levels), axis=0)


def _predict(estimator: Any, columns: Any) -> Array:  # noqa: ANN401 - any estimator and columns
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    return np.asarray(getattr(estimator, method)(columns))


def _trees_of(estimator: object) -> list[Any]:
    """Return the fitted trees that an estimator is, or is the plain mean of; else nothing."""
    if isinstance(estimator, FixedThresholdClassifier):
        return _trees_of(estimator.estimator_)
    if isinstance(estimator, Voting) and estimator.weights is None:
        members = list(estimator.estimators_)
        soft = getattr(estimator, "voting", "soft") == "soft"
        return members if soft and all(isinstance(one, Trees) for one in members) else []
    return [estimator] if isinstance(estimator, Trees) else []


def _encoder(trees: Any) -> Any:  # noqa: ANN401 - scikit-learn has no types
    return trees._preprocessor.named_transformers_["encoder"]


def _types(chain: Iterable[object]) -> set[str]:
    return {type(step).__name__ for step in chain}


def _stays_level(chain: Sequence[object]) -> bool:
    return bool(chain) and type(chain[-1]).__name__ == "ToCategorical"
