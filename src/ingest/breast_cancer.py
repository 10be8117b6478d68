"""Breast Cancer Wisconsin (Diagnostic), as it ships inside scikit-learn."""

from __future__ import annotations

import pandas as pd
from sklearn.datasets import load_breast_cancer


def breast_cancer() -> pd.DataFrame:
    """Return 569 rows of 30 measurements and the diagnosis, with names that read as identifiers.

    Each measurement is the mean, the standard error (``_error``) or the mean of the three largest
    values (``worst_``) over the cell nuclei of one image.

    References
    ----------
    Wolberg, Mangasarian, Street and Street (1993), UCI Machine Learning Repository,
    https://doi.org/10.24432/C5DW2B
    """
    bunch = load_breast_cancer(as_frame=True)
    frame: pd.DataFrame = bunch.data.rename(columns=lambda name: name.replace(" ", "_"))
    names = dict(enumerate(bunch.target_names))
    return frame.assign(diagnosis=bunch.target.map(names).astype("str"))
