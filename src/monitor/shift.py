"""Whether a column has moved by more than chance explains, and how far.

How far is the population stability index (:mod:`src.tables.stability`). Whether it is chance is
Pearson's test of two samples: it counts in shares of both together, so that a bin which is empty in
one of them does not decide alone, as the index's logarithm lets it. Bins are joined until chance
alone would put enough rows of both samples into each; the test then keeps its level for small and
large batches, for ties and for rare levels (``benchmarks/monitor.py``).

References
----------
Pearson (1911), On the probability that two independent distributions of frequency are really
samples from the same population, Biometrika 8. Cochran (1954), Some methods for strengthening the
common χ² tests, Biometrics 10 (expected counts). Kish (1965), Survey Sampling (groups).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from src.modelling.predictions import Floats
from src.monitor.bins import Bins
from src.tables.stability import MODERATE, stability_index

LEAST = 10
"""Rows that chance puts into each bin of either sample."""


@dataclass(frozen=True)
class Shift:
    """How far a column has moved.

    Attributes
    ----------
    index
        The population stability index.
    p_value
        How often chance alone moves a column that far.
    """

    index: float
    p_value: float

    def is_alarm(self, level: float) -> bool:
        """Tell whether it is beyond chance, at a level, and beyond the rule of thumb."""
        return self.p_value < level and self.index >= MODERATE


def shift(bins: Bins, counts: Floats, rows: float, reference_rows: float) -> Shift | None:
    """Compare the counts of a batch with the reference.

    Parameters
    ----------
    counts
        Shape ``(bins,)``.
    rows, reference_rows
        How many independent rows either has: fewer than rows where these come in groups.

    Returns
    -------
    None where there are too few rows to fill two bins.
    """
    total = counts.sum()
    if not total:
        return None
    sides = np.column_stack([counts / total, bins.shares])
    weights = np.array([rows, reference_rows])
    pooled = sides @ weights / weights.sum()
    if not bins.is_ordered:  # the rarest levels are joined, whatever their place
        order = np.argsort(-pooled, kind="stable")
        sides, pooled = sides[order], pooled[order]
    joined = _joined(sides, pooled, LEAST / weights.min())
    if len(joined) < 2:
        return None
    pooled = joined @ weights / weights.sum()
    distance = (joined[:, 0] - joined[:, 1]) ** 2 / pooled
    statistic = distance.sum() / (1 / weights).sum()
    after, before = np.maximum(joined, 0.5 / weights).T  # an empty bin has no logarithm
    p_value = float(chi2.sf(statistic, len(joined) - 1))
    return Shift(stability_index(after, before), p_value)


def _joined(sides: Floats, pooled: Floats, least: float) -> Floats:
    """Join neighbouring bins until each holds enough of both samples together."""
    parts: list[Floats] = []
    held = 0.0
    for part, share in zip(sides, pooled, strict=True):
        if parts and held < least:
            parts[-1] = parts[-1] + part
            held += share
        else:
            parts.append(part)
            held = share
    if len(parts) > 1 and held < least:
        last = parts.pop()
        parts[-1] = parts[-1] + last
    return np.array(parts)


def independent(sizes: Floats) -> float:
    """Return how many independent rows groups of these sizes are worth, where rows of one agree.

    That is the least they are worth; Kish's effective number of clusters.
    """
    return float(sizes.sum()) ** 2 / float((sizes**2).sum())
