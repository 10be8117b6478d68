"""A model file's bytes follow from the model; nothing unsafe is loaded."""

import io
import json
import os
import pickle
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from src.base.errors import InputError
from src.saving.model_file import SCHEMA, dumps, load_model, save_model, types_to_trust
from src.saving.trust import TRUSTED, Trust

PROGRAM = """
import hashlib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_limits
from src.saving.model_file import dumps

texts = [f"word{number % 7} other{number % 3} more" for number in range(200)]
dense = FunctionTransformer(kw_args={"levels": {"one", "two", "three", "four"}})
with threadpool_limits(THREADS):
    words = TfidfVectorizer().fit(texts)
    made = words.transform(texts).toarray()
    trees = HistGradientBoostingClassifier(max_iter=3, random_state=0)
    trees.fit(made, [n % 2 for n in range(200)])
for model in (words, trees, dense):
    print(hashlib.sha256(dumps(model)).hexdigest())
"""


def hashes(threads: int, seed: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("THREADS", str(threads))],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def test_bytes_do_not_depend_on_process_threads_or_hash_seed() -> None:
    first = hashes(threads=1, seed="1")
    assert len(set(first.split())) == 3
    assert hashes(threads=2, seed="2") == first


def rewritten(content: bytes, old: bytes, new: bytes) -> bytes:
    """Replace bytes in the JSON of a model file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            member = source.read(name)
            if name == SCHEMA:
                assert old in member
                member = member.replace(old, new)
            target.writestr(name, member)
    return buffer.getvalue()


TRUST = Trust(TRUSTED, 10_000_000)


@pytest.fixture
def linear() -> bytes:
    model = LogisticRegression().fit(np.arange(10.0)[:, None], np.arange(10) % 2)
    return dumps(model)


def test_a_malicious_type_is_refused_before_anything_runs(tmp_path: Path, linear: bytes) -> None:
    mark = tmp_path / "ran"
    path = tmp_path / "model.skops"
    contract: dict[str, Any] = {
        "__class__": "system",
        "__module__": "os",
        "__loader__": "FunctionNode",
        "protocol": 2,
        "_skops_version": skops.__version__,
    }
    call = {
        "__class__": "partial",
        "__module__": "functools",
        "__loader__": "PartialNode",
        "content": {
            "func": contract,
            "args": {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode",
                     "content": [{"__class__": "str", "__module__": "builtins",
                                  "__loader__": "JsonNode", "is_json": True,
                                  "content": json.dumps(f"touch {mark}")}]},
            "kwds": {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode",
                     "content": {}, "key_types": {"__class__": "list", "__module__": "builtins",
                                                  "__loader__": "ListNode", "content": []}},
            "namespace": {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode",
                          "content": {}, "key_types": {"__class__": "list",
                                                       "__module__": "builtins",
                                                       "__loader__": "ListNode", "content": []}},
        },
        "protocol": 2,
        "_skops_version": skops.__version__,
    }  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(SCHEMA, json.dumps(call))
    with pytest.raises(InputError, match=r"refused, nothing was loaded.*os\.system"):
        load_model(path, TRUST)
    path.write_bytes(rewritten(linear, b"sklearn.linear_model._logistic", b"builtins"))
    with pytest.raises(InputError):
        load_model(path, TRUST)
    assert not mark.exists()


def test_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(InputError, match="not a readable model file"):
        load_model(path, TRUST)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_refused(tmp_path: Path, linear: bytes, share: float) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(linear[: int(len(linear) * share)])
    with pytest.raises(InputError, match="dvc checkout"):
        load_model(path, TRUST)


def test_a_missing_file_says_how_to_fetch_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dvc pull"):
        load_model(tmp_path / "model.skops", TRUST)


def test_a_model_of_another_scikit_learn_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.skops"
    with monkeypatch.context() as earlier:
        earlier.setattr("sklearn.base.__version__", "1.2.3")
        save_model(LogisticRegression().fit([[0], [1]], [0, 1]), path, TRUST)
    with pytest.raises(InputError, match=r"saved with scikit-learn 1\.2\.3, and .* is installed"):
        load_model(path, TRUST)
    with pytest.warns(InconsistentVersionWarning, match=r"version 1\.2\.3"):
        assert load_model(path, TRUST, any_version=True).predict([[1]]) == [1]


def test_what_is_no_model_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "model.skops").write_bytes(dumps([1, 2]))
    with pytest.raises(InputError, match="found list, expected a scikit-learn estimator"):
        load_model(tmp_path / "model.skops", TRUST)


def test_a_type_that_could_not_be_loaded_is_not_saved(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    with pytest.raises(InputError, match=r"params\.yaml: train\.trusted: .*getcwd"):
        save_model(FunctionTransformer(os.getcwd), path, TRUST)
    assert not path.exists()


@pytest.mark.parametrize("own", [False, True])
def test_the_types_to_trust_are_those_that_skops_names(tmp_path: Path, own: bool) -> None:
    """They are read from the schema alone, without arrays, sparse ones among them."""
    texts = [f"word{number % 7} other" for number in range(40)]
    model = make_pipeline(
        FunctionTransformer(np.ravel if own else None), TfidfVectorizer(),
        KNeighborsClassifier().set_params(n_neighbors=1),
    ).fit(texts, [number % 2 for number in range(40)])  # fmt: skip
    path = tmp_path / "model.skops"
    path.write_bytes(dumps(model))
    named = sorted(skops.io.get_untrusted_types(file=path))
    assert types_to_trust(path) == named
    if not own:
        save_model(model, path, Trust(tuple(named), max_bytes=10_000_000))
        return
    assert named
    with pytest.raises(InputError, match=re.escape(", ".join(named))):
        save_model(model, path, Trust((), max_bytes=10_000_000))


def test_text_models_keep_their_vocabulary(tmp_path: Path) -> None:
    model = TfidfVectorizer().fit(["one two", "two three"])
    save_model(model, tmp_path / "model.skops", TRUST)
    loaded = load_model(tmp_path / "model.skops", TRUST)
    assert (loaded.transform(["two"]) != model.transform(["two"])).nnz == 0
