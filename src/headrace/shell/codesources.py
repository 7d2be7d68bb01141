"""Fetch code that lies in S3: in this server's own buckets, or in those of another S3.

Source of the sentences: spec/lambda.md 1.4.
"""

import asyncio
import hashlib
import hmac
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any, Protocol
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

from headrace.api.context import Context
from headrace.api.objects.members import owner_of
from headrace.base.errors import ServiceError
from headrace.base.instant import MS_PER_S
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.objects.content import StoredObject
from headrace.core.objects.errors import NoSuchVersion
from headrace.core.objects.limits import OBJECT_BYTES_MAX
from headrace.shell.contents import Contents
from headrace.shell.rooms import Rooms

#: Seconds that a download may stand still.
STILL_S = 30.0
#: Bytes of another server's error that are looked at.
_ERROR_BYTES_MAX = 65_536
_NO_CONTENT_SHA256 = hashlib.sha256(b"").hexdigest()


class CodeSource(Protocol):
    """Where code in S3 comes from."""

    async def fetch(self, bucket: str, key: str, version: str, context: Context) -> bytes:
        """Return an archive; `version` is empty for the newest.

        Raises:
            InvalidParameterValue: It cannot be had; the sentence is AWS's.
        """
        ...


def not_had(code: str, sentence: str) -> InvalidParameterValue:
    """Return how Lambda repeats what S3 said."""
    return InvalidParameterValue(
        f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {sentence}"
    )


class OwnBuckets:
    """This server's buckets."""

    def __init__(self, rooms: Rooms, contents: Contents) -> None:
        """Look objects up in `rooms` and read them from `contents`."""
        self._rooms = rooms
        self._contents = contents

    async def fetch(self, bucket: str, key: str, version: str, context: Context) -> bytes:
        """Return an archive; see `CodeSource`."""
        try:
            one: StoredObject = self._rooms.buckets.book.find_object(owner_of(context), bucket, key)
            if version not in {"", "null"}:
                raise NoSuchVersion(key, version)
        except ServiceError as error:
            raise not_had(error.code, error.message) from None
        return await self._contents.whole(one)


class OutsideBuckets:
    """The buckets of another S3, or of what speaks its protocol."""

    def __init__(self, url: str, variables: Mapping[str, str]) -> None:
        """Fetch below `url` with the credentials of AWS's usual environment variables."""
        self._url = url.rstrip("/")
        self._variables = variables

    async def fetch(self, bucket: str, key: str, version: str, context: Context) -> bytes:
        """Return an archive; see `CodeSource`."""
        url = f"{self._url}/{quote(bucket)}/{quote(key)}"
        if version:
            url += f"?versionId={quote(version, safe='')}"
        headers = signed(url, context.region, context.now // MS_PER_S, self._variables)
        return await asyncio.to_thread(_download, url, headers)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows nothing: the signature is for one host, and so is what the configuration allows."""

    def redirect_request(self, *_: Any) -> None:
        """Return None: the answer is an error like any other."""


_open = urllib.request.build_opener(_NoRedirects).open


def _download(url: str, headers: Mapping[str, str]) -> bytes:
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - http(s) only
    try:
        with _open(request, timeout=STILL_S) as answer:
            content = bytes(answer.read(OBJECT_BYTES_MAX + 1))
            missing: int = answer.length or 0
    except urllib.error.HTTPError as error:
        raise _repeated(error) from None
    except (OSError, ValueError, HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise not_had("ServiceUnavailable", f"{url} cannot be read: {reason}") from None
    if len(content) > OBJECT_BYTES_MAX:
        raise InvalidParameterValue(f"The archive is larger than {OBJECT_BYTES_MAX} bytes.")
    if missing:
        raise not_had("ServiceUnavailable", f"{url} ended {missing} bytes too early.")
    return content


def _repeated(error: urllib.error.HTTPError) -> InvalidParameterValue:
    """Return the other server's error in Lambda's words; it may not have spoken XML."""
    body = error.read(_ERROR_BYTES_MAX)
    code, sentence = str(error.code), error.reason
    if b"<!" not in body:
        try:
            root = ET.fromstring(body.decode())  # noqa: S314 - without <! there are no entities
            code = root.findtext("{*}Code") or code
            sentence = root.findtext("{*}Message") or sentence
        except (ET.ParseError, ValueError):
            pass
    return not_had(code, sentence)


def signed(url: str, region: str, now_s: int, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a GET signed with Signature Version 4; none without credentials."""
    key_id = variables.get("AWS_ACCESS_KEY_ID", "")
    if not key_id:
        return {}
    parts = urlsplit(url)
    moment = datetime.fromtimestamp(now_s, UTC)
    stamp, day = f"{moment:%Y%m%dT%H%M%SZ}", f"{moment:%Y%m%d}"
    headers = {
        "host": parts.netloc,
        "x-amz-content-sha256": _NO_CONTENT_SHA256,
        "x-amz-date": stamp,
    }
    if variables.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = variables["AWS_SESSION_TOKEN"]
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    asked = f"GET\n{parts.path}\n{parts.query}\n{lines}\n{names}\n{_NO_CONTENT_SHA256}"
    scope = f"{day}/{region}/s3/aws4_request"
    hashed = hashlib.sha256(asked.encode()).hexdigest()
    key = f"AWS4{variables.get('AWS_SECRET_ACCESS_KEY', '')}".encode()
    for word in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    signature = hmac.digest(
        key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}".encode(), "sha256"
    ).hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, "
        f"Signature={signature}"
    )
    return headers
