"""Who is asked, by an address that holds no secret."""

from __future__ import annotations

import re
from collections.abc import Mapping

from src.base.errors import InputError

S3 = "s3://"

PASSWORD = "QUERY_PASSWORD"  # noqa: S105 - the name of a variable
"""The variable for a database whose driver knows none itself, as PostgreSQL's does PGPASSWORD."""

SECRETS = (PASSWORD, "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Variables whose values no message may hold."""

_USER = re.compile(r"^[\w+.-]+://(?P<user>[^/@]*):[^@]*@")
_S3_KEY = re.compile(r"^s3://[^/]*@")
_OPTION = re.compile(r"[?&][^=&]*(password|passwd|passcode|pwd|secret|token)[^=&]*=", re.IGNORECASE)


def is_database(address: str) -> bool:
    """Tell a database from files."""
    return "://" in address and not address.startswith(S3)


def require_no_password(address: str) -> None:
    """Refuse an address with a password: it would stand in dvc.yaml, and in the logs of CI.

    Raises
    ------
    InputError
        Does not repeat the address.
    """
    scheme, is_address, _ = address.partition("://")
    if is_address and any(pattern.search(address) for pattern in (_USER, _S3_KEY, _OPTION)):
        keys = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" if scheme == "s3" else (
            f"PGPASSWORD (PostgreSQL) or {PASSWORD}")  # fmt: skip
        raise InputError(
            f"the {scheme}:// address holds a password, which would be written into dvc.yaml. "
            f"Leave it out, and export {keys} instead."
        )


def without_secrets(text: str, environment: Mapping[str, str]) -> str:
    """Replace what the environment keeps secret, should a driver have repeated it."""
    for secret in filter(None, map(environment.get, SECRETS)):
        text = text.replace(secret, "***")
    return text
