"""The population stability index: how far a distribution has moved, in shares of bins.

References
----------
Kullback and Leibler (1951), On Information and Sufficiency (divergence J); Siddiqi (2006), Credit
Risk Scorecards (the thresholds 0.1 and 0.25); Yurdakul and Naranjo (2020), Statistical properties
of the population stability index, Journal of Risk Model Validation 14(4) (its size when nothing
has moved: about ``(1/n + 1/m)`` times a chi-squared with ``bins - 1`` degrees of freedom).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MODERATE, LARGE = 0.1, 0.25
"""From where on a shift is commonly called so."""


def stability_index(after: npt.NDArray[np.float64], before: npt.NDArray[np.float64]) -> float:
    """Return ``sum((after - before) * log(after / before))`` of positive shares ``(bins,)``."""
    return float(((after - before) * np.log(after / before)).sum())


def chance(bins: int, rows: int, base_rows: int, deviates: float) -> float:
    """Return what the index stays below when nothing has moved.

    That is the mean plus some standard deviations (``deviates``) of its distribution.
    """
    freedom = bins - 1
    spread = freedom + deviates * np.sqrt(2 * freedom)
    return float((1 / rows + 1 / base_rows) * spread)
