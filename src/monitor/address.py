"""Where a table is: a file, a folder of parts, or in S3, from where it is fetched."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import botocore.exceptions
import botocore.session

from src.base.errors import InputError
from src.tables.parts import parts_of

S3 = "s3://"


def local(address: str, folder: Path) -> Path:
    """Return a table as a file or folder of this machine.

    ``s3://bucket/name.csv`` is one object; of ``s3://bucket/prefix`` the objects right below it are
    the parts of one table. Keys and address of the server are those of AWS's own tools.

    Parameters
    ----------
    folder
        Where what lies in S3 is put.

    Raises
    ------
    InputError
        There is nothing, or S3 does not give it.
    """
    if not address.startswith(S3):
        path = Path(address)
        parts_of(path)
        return path
    parts = urlsplit(address)
    bucket, prefix = parts.netloc, parts.path.strip("/")
    folder.mkdir(parents=True)
    try:
        client = botocore.session.Session().create_client("s3")
        found = _listed(client, bucket, prefix)
        if not found:
            raise InputError(f"{address}: no such object, and none below it. Name another.")
        for key in found:
            body = client.get_object(Bucket=bucket, Key=key)["Body"]
            with (folder / key.rpartition("/")[2]).open("wb") as stream:
                shutil.copyfileobj(body, stream)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise InputError(f"{address}: {error}. Check address and keys.") from None
    return folder / prefix.rpartition("/")[2] if found == [prefix] else folder


def _listed(client: object, bucket: str, prefix: str) -> list[str]:
    """Return the object of this name, or those right below it, in the order of their names."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)  # type: ignore[attr-defined] # made by botocore at run time
    keys = sorted(item["Key"] for page in pages for item in page.get("Contents", []))
    if prefix in keys:
        return [prefix]
    below = f"{prefix}/" if prefix else ""
    return [key for key in keys
            if key.startswith(below) and "/" not in key[len(below) :] and key != below]  # fmt: skip
