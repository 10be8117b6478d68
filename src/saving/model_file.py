"""The saved model: a skops file, free of pickle, whose bytes follow from the model alone."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import KeysView
from pathlib import Path
from typing import Any, cast

import skops
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning
from skops.io._audit import get_tree
from skops.io._utils import LoadContext, SaveContext, get_state, read_schema

from src.base.errors import InputError, brief
from src.saving.archive import unpacked
from src.saving.trust import Trust

SCHEMA = "schema.json"

Node = dict[str, Any]
"""A node of skops' JSON: an object's type, its loader and its content."""

_INCIDENTAL = {
    "_stop_words_id": "0",  # CountVectorizer: the address of its stop words
    "n_threads": "1",  # HistGradientBoosting's bin mapper: how many cores fitted it
}
"""Attributes that tell of the process, not of the model, and the JSON they are saved as."""


UNREADABLE = Exception
"""What reading a file can end in that somebody has damaged or made up.

LightGBM and CatBoost raise errors of their own, which have no other base and may not be installed.
"""


def save_model(model: object, path: Path, trust: Trust) -> None:
    """Write a model; equal models give equal bytes, in any process, on any supported Python.

    ``skops.io.dump`` writes memory addresses, the time and the number of threads. Here addresses
    become numbers in the order of the walk, and members are named and stored in that order. The
    archive is packed with bzip2: deflate's bytes differ between zlib and zlib-ng, bzip2 has one
    implementation.

    Raises
    ------
    InputError
        The model holds a type that is not trusted, or is too large: what :func:`load_model` would
        refuse.
    """
    schema, members = _state(model)
    unknown = [name for name in _types(schema) if name not in trust.types]
    if unknown:
        raise InputError(
            f"params.yaml: train.trusted: the model holds {', '.join(unknown)}, which may not be "
            "loaded. If you trust the code of these types, add them to the list."
        )
    size = sum(map(len, members.values()))
    if size > trust.max_bytes:
        raise InputError(
            f"params.yaml: train.max_model_bytes: the model unpacks to {size:,} bytes, more than "
            f"the {trust.max_bytes:,} that may be loaded. Raise it, or train a smaller model."
        )
    path.write_bytes(_packed(members))


def load_model(path: Path, trust: Trust, *, any_version: bool = False) -> Any:  # noqa: ANN401 - any estimator
    """Load a model that holds nothing but trusted types; as :func:`load_with_types`."""
    return load_with_types(path, trust, any_version=any_version)[0]


def load_with_types(
    path: Path, trust: Trust, *, any_version: bool = False
) -> tuple[Any, list[str]]:
    """Load a model that holds nothing but trusted types; return it, and which it needs, sorted.

    Parameters
    ----------
    any_version
        Let scikit-learn only warn of a model that another version of it has saved: one that was
        published earlier, with which another is compared.

    Raises
    ------
    InputError
        The file is missing, is no skops archive of a size that is allowed, or names a type that is
        not trusted; nothing of it has run then. Or another version of scikit-learn has saved it.
    """
    try:
        with warnings.catch_warnings():
            if not any_version:
                warnings.simplefilter("error", InconsistentVersionWarning)
            model, types = _loaded(unpacked(path, trust.max_bytes), trust)
    except InconsistentVersionWarning as found:
        raise InputError(
            f"{path}: saved with scikit-learn {found.original_sklearn_version}, and "
            f"{found.current_sklearn_version} is installed, which may predict otherwise. Install "
            "the versions that the model's card names, or train anew with `dvc repro`."
        ) from None
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. Fetch it with `dvc pull {path}`.") from None
    except InputError as error:
        raise InputError(
            f"{path}: refused, nothing was loaded: {error}. If it is damaged, fetch it again with "
            f"`dvc checkout --force {path}`."
        ) from None
    except UNREADABLE as error:
        raise InputError(
            f"{path}: not a readable model file ({type(error).__name__}: {brief(error)}). Fetch "
            f"it again with `dvc checkout --force {path}`."
        ) from None
    if not isinstance(model, BaseEstimator):
        raise InputError(
            f"{path}: found {type(model).__name__}, expected a scikit-learn estimator. Fetch it "
            f"again with `dvc checkout --force {path}`."
        )
    return model, types


def types_to_trust(path: Path) -> list[str]:
    """Return the types in a model's file that whoever loads it has to trust, sorted."""
    with zipfile.ZipFile(path) as archive:
        return _types(read_schema(archive)[0])


def dumps(model: object) -> bytes:
    """Return the bytes of a skops archive that depend on the model only."""
    return _packed(_state(model)[1])


class _Members(dict[str, bytes]):
    """What skops asks of the archive that it writes to, or reads from."""

    def namelist(self) -> KeysView[str]:
        return self.keys()

    def writestr(self, name: str, content: bytes | memoryview) -> None:
        self[name] = bytes(content)

    def read(self, name: str) -> bytes:
        return self[name]


class _NoMembers:
    """An archive of which only the schema is wanted: an object's type is there, not in a member."""

    def read(self, _: str) -> bytes:
        return b""


def _loaded(members: dict[str, bytes], trust: Trust) -> tuple[object, list[str]]:
    """Do what ``skops.io.loads`` does, which gives each node a copy of all types that are trusted.

    The check is the same, of the whole tree and before anything is made of it.
    """
    schema, context = read_schema(cast(zipfile.ZipFile, _Members(members)))
    tree = get_tree(schema, context, trusted=None)
    types = tree.get_unsafe_set()
    if unknown := types.difference(trust.types):
        raise InputError(
            f"it names {', '.join(sorted(unknown))}. If you trust the code of these types, add "
            "them to train.trusted in params.yaml"
        )
    return tree.construct(), sorted(types)


def _state(model: object) -> tuple[Node, dict[str, bytes]]:
    """Return skops' schema of a model, and all members of its archive in their order."""
    # What skops.io.dumps does before it writes the JSON with an indent, which takes longer than
    # all the rest and would have to be parsed again.
    written = _Members()
    context = SaveContext(zip_file=cast(zipfile.ZipFile, written))
    schema = get_state(model, context)
    schema |= {"protocol": context.protocol, "_skops_version": skops.__version__}
    names: dict[str, str] = {}
    _renumber(schema, {}, names)
    text = json.dumps(schema, separators=(",", ":"), ensure_ascii=False)
    return schema, {SCHEMA: text.encode()} | {new: written[old] for old, new in names.items()}


def _types(schema: Node) -> list[str]:
    """Return what ``skops.io.get_untrusted_types`` does, without reading any array."""
    context = LoadContext(cast(zipfile.ZipFile, _NoMembers()), schema["protocol"])
    return sorted(get_tree(schema, context, trusted=None).get_unsafe_set())


def _packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            _add(archive, name, content)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_BZIP2
    member.create_system = 3  # the same on every system: Unix
    archive.writestr(member, content, compresslevel=1)  # 9 takes twice the time for 8 % less


def _renumber(node: object, numbers: dict[int, int], names: dict[str, str]) -> None:
    """Make ``node`` and all below it canonical, in the order of the walk."""
    if isinstance(node, list | tuple):
        for item in node:
            _renumber(item, numbers, names)
    elif isinstance(node, dict):
        if "__loader__" in node:
            _make_canonical(node, numbers, names)
        for child in node.values():
            _renumber(child, numbers, names)


def _make_canonical(node: Node, numbers: dict[int, int], names: dict[str, str]) -> None:
    """Replace what one node tells of the process that wrote it.

    Primitives and types lose their number: whether two of them share an address is chance.
    """
    loader = node["__loader__"]
    if loader in ("JsonNode", "TypeNode"):
        node.pop("__id__", None)
    elif "__id__" in node:
        node["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
    if isinstance(node.get("file"), str):
        suffix = Path(node["file"]).suffix
        node["file"] = names.setdefault(node["file"], f"{len(names)}{suffix}")
    if loader == "SetNode":
        node["content"].sort(key=lambda item: json.dumps(item.get("content")))
    if loader == "DictNode":
        for name, value in _INCIDENTAL.items():
            attribute = node["content"].get(name)
            if isinstance(attribute, dict) and attribute.get("__loader__") == "JsonNode":
                attribute["content"] = value
