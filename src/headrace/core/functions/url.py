"""A function URL as stored: where a function, or an alias of it, is reached by plain HTTP."""

import base64
import hashlib

import msgspec

from headrace.base.instant import Instant

#: A URL for everybody, and one for callers with credentials.
AUTH_NONE, AUTH_IAM = "NONE", "AWS_IAM"

BUFFERED, RESPONSE_STREAM = "BUFFERED", "RESPONSE_STREAM"


class Cors(msgspec.Struct, frozen=True, array_like=True):
    """What web pages of other sites may do; None: not given, and not shown."""

    allow_credentials: bool | None = None
    allow_headers: tuple[str, ...] | None = None
    allow_methods: tuple[str, ...] | None = None
    allow_origins: tuple[str, ...] | None = None
    expose_headers: tuple[str, ...] | None = None
    max_age_s: int | None = None


class Url(msgspec.Struct, frozen=True, array_like=True):
    """One URL; new fields go to the end with a default."""

    id: str  #: 32 letters and digits: the first part of its host name.
    auth_type: str
    created_at: Instant
    changed_at: Instant
    cors: Cors | None = None
    invoke_mode: str = ""  #: Empty until somebody gave one; BUFFERED then.


def derived_url_id(seed: bytes) -> str:
    """Return the id that follows from a seed: 160 bits that nobody guesses."""
    digest = hashlib.blake2b(b"url", key=seed, digest_size=20).digest()
    return base64.b32encode(digest).decode().lower()
