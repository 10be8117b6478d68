"""Fitted HistGradientBoosting models, asked without the way through scikit-learn's checks.

Each of its trees is a call of its own, which takes longer than finding a row's leaf. So few rows go
down all trees of all models at once, level by level, in NumPy; many rows tree by tree, as
scikit-learn's own ``predict`` sends them. Leaves are added in the order in which it adds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

Array: TypeAlias = npt.NDArray[Any]
Cells: TypeAlias = Sequence[Sequence[Any]]

FEW = 16
"""Rows up to which going down all trees at once is faster."""

CODES = 256
"""Levels that a split can tell apart."""


class Forest:
    """What several fitted models predict, or one.

    Parameters
    ----------
    members
        Classifiers or regressors, fitted on the same columns.
    """

    def __init__(self, members: Sequence[Any]) -> None:
        self._members = [_Member(one) for one in members]
        self._levels = len(self._members[0].codes)
        parts = [one.nodes() for one in self._members]
        sizes = [len(tree) for trees in parts for tree in trees]
        starts = np.cumsum([0, *sizes[:-1]])
        nodes = np.concatenate([tree for trees in parts for tree in trees])
        first = np.repeat(starts, sizes)
        owner = np.repeat(np.arange(len(parts)), [sum(map(len, trees)) for trees in parts])
        leaf = nodes["is_leaf"].astype(bool)
        here = np.arange(len(nodes))
        children = (nodes["right"], nodes["left"])  # where the answer is no, and where it is yes
        self._next = np.stack([np.where(leaf, here, child + first) for child in children], axis=1)
        # The levels of each member come first in its inputs; here all of them come last.
        feature, levels = nodes["feature_idx"].astype(np.intp), self._levels
        behind = self._members[0].columns - levels + owner * levels + feature
        self._feature = np.where(feature < levels, behind, feature - levels)
        self._feature[leaf] = 0
        self._threshold, self._value = nodes["num_threshold"].copy(), nodes["value"].copy()
        self._missing_left = nodes["missing_go_to_left"].astype(bool)
        self._roots, self._depth = starts, int(nodes["depth"].max())
        tables = [one.tables() for one in self._members]
        self._goes_left = np.concatenate(tables)
        tables_before = np.cumsum([0, *map(len, tables[:-1])])
        self._split = np.where(
            nodes["is_categorical"].astype(bool) & ~leaf,
            np.concatenate([one.split_numbers() for one in self._members]) + tables_before[owner],
            -1,
        )

    def __call__(self, numbers: Array, levels: Cells) -> Array:
        """Return ``predict_proba``, of regressors ``predict``, of each member.

        Parameters
        ----------
        numbers
            Shape ``(n, k)``: the columns that are no levels.
        levels
            The cells of the others.

        Returns
        -------
        Shape ``(members, n, classes)``, of regressors ``(members, n)``.
        """
        codes = [one.encode(levels, len(numbers)) for one in self._members]
        if len(numbers) <= FEW:
            raws = self._all_at_once(np.concatenate([numbers, *codes], axis=1, dtype=np.float64))
        else:
            raws = [
                one.raw(np.concatenate([code, numbers], axis=1, dtype=np.float64))
                for one, code in zip(self._members, codes, strict=True)
            ]
        return np.asarray([one.end(raw) for one, raw in zip(self._members, raws, strict=True)])

    def _all_at_once(self, inputs: Array) -> list[Array]:
        """Return the raw predictions of each member by one walk down all trees."""
        rows = np.arange(len(inputs))[:, None]
        node = np.broadcast_to(self._roots, (len(inputs), len(self._roots)))
        gaps = bool(np.isnan(inputs).any())
        for _ in range(self._depth):
            cells = inputs[rows, self._feature[node]]
            left = cells <= self._threshold[node]
            missing = np.isnan(cells) if gaps else np.zeros(cells.shape, bool)
            if self._levels:
                split = self._split[node]
                by_level = (split >= 0) & ~missing
                left[by_level] = self._goes_left[split[by_level], cells[by_level].astype(np.intp)]
            if gaps:
                left = np.where(missing, self._missing_left[node], left)
            node = self._next[node, left.astype(np.intp)]
        values = self._value[node]
        raws, start = [], 0
        for one in self._members:
            stop = start + one.count
            raws.append(one.add(values[:, start:stop]))
            start = stop
        return raws


class _Member:
    """One fitted model."""

    def __init__(self, fitted: Any) -> None:  # noqa: ANN401 - scikit-learn has no types
        self._loss, self._baseline = fitted._loss, fitted._baseline_prediction
        self._width = fitted.n_trees_per_iteration_
        self._trees = [tree for iteration in fitted._predictors for tree in iteration]
        self._bitsets = fitted._bin_mapper.make_known_categories_bitsets()
        self._is_classifier = isinstance(fitted, HistGradientBoostingClassifier)
        self.columns = fitted._bin_mapper.n_bins_non_missing_.size  # levels and numbers
        encoder = fitted._preprocessor and fitted._preprocessor.named_transformers_["encoder"]
        known = encoder.categories_ if encoder else []
        self.codes = [{level: float(code) for code, level in enumerate(one)} for one in known]
        self.count = len(self._trees)

    def nodes(self) -> list[Array]:
        """Return the nodes of each tree."""
        return [tree.nodes for tree in self._trees]

    def tables(self) -> Array:
        """Return for each split by levels which codes go left, shape ``(splits, CODES)``."""
        return np.concatenate([np.zeros((0, CODES), bool), *map(self._tables, self._trees)])

    def _tables(self, tree: Any) -> Array:  # noqa: ANN401 - see above
        known, place_of = self._bitsets
        found = np.zeros((len(tree.raw_left_cat_bitsets), CODES), dtype=bool)
        for node in tree.nodes[tree.nodes["is_categorical"].astype(bool)]:
            left = _bits(tree.raw_left_cat_bitsets[node["bitset_idx"]])
            other = ~_bits(known[place_of[node["feature_idx"]]])  # as if it were missing
            found[node["bitset_idx"]] = left | (other & bool(node["missing_go_to_left"]))
        return found

    def split_numbers(self) -> Array:
        """Return for each node its row of :meth:`tables`, if it has one."""
        before = np.cumsum([0, *(len(tree.raw_left_cat_bitsets) for tree in self._trees[:-1])])
        parts = zip(self._trees, before, strict=True)
        return np.concatenate([tree.nodes["bitset_idx"] + start for tree, start in parts])

    def encode(self, levels: Cells, rows: int) -> Array:
        """Return the codes of levels, NaN of what is not known."""
        made = np.empty((rows, len(self.codes)))
        for place, (codes, cells) in enumerate(zip(self.codes, levels, strict=True)):
            made[:, place] = [codes.get(cell, np.nan) for cell in cells]
        return made

    def raw(self, inputs: Array) -> Array:
        """Return the raw predictions, tree by tree."""
        raw = np.zeros((len(inputs), self._width), self._baseline.dtype, order="F")
        raw += self._baseline
        for place, tree in enumerate(self._trees):
            raw[:, place % self._width] += tree.predict(inputs, *self._bitsets, 1)
        return raw

    def add(self, values: Array) -> Array:
        """Return the raw predictions from the leaf of each tree, shape ``(n, trees)``."""
        leaves = values.reshape(len(values), -1, self._width)
        first = np.broadcast_to(self._baseline, (len(values), 1, self._width))
        sums = np.cumsum(np.concatenate([first, leaves], axis=1), axis=1)  # one after the other
        return np.asfortranarray(sums[:, -1])

    def end(self, raw: Array) -> Array:
        """Return probabilities or values."""
        if self._is_classifier:
            return np.asarray(self._loss.predict_proba(raw))
        return np.asarray(self._loss.link.inverse(raw.ravel()))


def _bits(words: Array) -> Array:
    return (words[:, None] >> np.arange(32, dtype=np.uint32) & 1).astype(bool).ravel()
