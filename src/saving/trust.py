"""The types that a model file may name: a fixed list, and what ``train.trusted`` adds."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from src.base.errors import InputError
from src.base.settings import PARAMS, read_yaml

TRUSTED = (
    "catboost.core.CatBoostClassifier",
    "catboost.core.CatBoostRegressor",
    "collections.OrderedDict",
    "functools.partial",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
    "numpy.dtype",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
    "scipy.interpolate._bsplines.BSpline",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils.validation.check_array",
    "skrub._apply_to_each_col.ApplyToEachCol",
    "skrub._check_input.CheckInputDataFrame",
    "skrub._clean_categories.CleanCategories",
    "skrub._clean_null_strings.CleanNullStrings",
    "skrub._dataframe._common.is_any_date",
    "skrub._dataframe._common.is_categorical",
    "skrub._dataframe._common.is_numeric",
    "skrub._datetime_encoder.DatetimeEncoder",
    "skrub._datetime_encoder._SplineEncoder",
    "skrub._drop_uninformative.DropUninformative",
    "skrub._duration_to_float.DurationToFloat",
    "skrub._squashing_scaler.SquashingScaler",
    "skrub._squashing_scaler._MinMaxScaler",
    "skrub._string_encoder.StringEncoder",
    "skrub._table_vectorizer.PassThrough",
    "skrub._table_vectorizer.ShortReprDict",
    "skrub._table_vectorizer.TableVectorizer",
    "skrub._table_vectorizer._created_by_predicate",
    "skrub._to_categorical.ToCategorical",
    "skrub._to_datetime.ToDatetime",
    "skrub._to_float.ToFloat",
    "skrub._to_str.ToStr",
    "skrub.selectors._base.All",
    "skrub.selectors._base.And",
    "skrub.selectors._base.Cols",
    "skrub.selectors._base.Filter",
    "skrub.selectors._base.Sub",
    "skrub.selectors._selectors._cardinality_below",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)
"""What a model file of this project may name besides what skops trusts itself.

The list is fixed: asking the file for its own types would trust whatever it brings.
"""

FEATURES = Path("src/features")
"""The folder of our own feature steps."""

OWN = "src.features."
"""What the dotted paths of its classes begin with."""


@dataclass(frozen=True)
class Trust:
    """What a model file may hold.

    Attributes
    ----------
    types
        Dotted names of the types it may name.
    max_bytes
        What it may unpack to.
    """

    types: tuple[str, ...]
    max_bytes: int


def read_trust(path: Path = PARAMS) -> Trust:
    """Return what may be loaded: our own types and those of ``train.trusted``, up to a size.

    Raises
    ------
    InputError
        ``params.yaml`` cannot be read, or has no such keys.
    """
    section = read_yaml(path).get("train")
    section = section if isinstance(section, dict) else {}
    added, limit = section.get("trusted"), section.get("max_model_bytes")
    if not isinstance(added, list) or not all(isinstance(name, str) for name in added):
        raise InputError(
            f"{path}: train.trusted: found {added!r}, expected a list of dotted types, such as []."
        )
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise InputError(
            f"{path}: train.max_model_bytes: found {limit!r}, expected a number of bytes, such as "
            "100_000_000."
        )
    return Trust((*TRUSTED, *added, *own_types()), limit)


def own_types(folder: Path = FEATURES) -> list[str]:
    """Return the classes of our own feature steps, whose code is that of this clone."""
    return [
        f"{'.'.join(path.with_suffix('').parts)}.{node.name}"
        for path in sorted(folder.glob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
