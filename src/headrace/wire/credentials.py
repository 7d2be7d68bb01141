"""Who signed a request, for which region and service, as the request itself says.

Nothing is checked here: a signature is neither looked at nor required.
"""

from functools import lru_cache
from urllib.parse import unquote

import msgspec

from headrace.wire.envelope import HttpRequest
from headrace.wire.limits import CREDENTIAL_SCOPE_MAX, CREDENTIAL_SCOPES_MAX

_HEADER_MARK = "Credential="
_QUERY_MARK = "X-Amz-Credential="
_OLD_QUERY_MARK = "AWSAccessKeyId="


class Credentials(msgspec.Struct, frozen=True):
    """The credential scope of Signature Version 4; all empty when unsigned or unreadable."""

    access_key_id: str = ""
    region: str = ""  #: Empty in the multi-region form (SigV4A), which names none.
    service: str = ""  #: The signing name: "sqs", "lambda".


UNSIGNED = Credentials()


def read_credentials(request: HttpRequest) -> Credentials:
    """Return the credential scope of the Authorization header, else of a presigned query."""
    header = request.headers.get("authorization")
    if header is not None:
        part = header.partition(",")[0]
        usual = _read_part(part) if len(part) <= CREDENTIAL_SCOPE_MAX else None
        return _find_scope(header) if usual is None else usual
    if _QUERY_MARK in request.target:
        for pair in request.query.split("&"):
            if pair.startswith(_QUERY_MARK) and len(pair) <= CREDENTIAL_SCOPE_MAX:
                return _parse_scope(unquote(pair[len(_QUERY_MARK) :]))
    return UNSIGNED


def read_old_credentials(request: HttpRequest) -> Credentials:
    """Return whose signature of S3's before Version 4 a request carries: SDKs still sign links so.

    It stands in the header as `AWS AKID:signature`, or in the query as `AWSAccessKeyId`.
    """
    header = request.headers.get("authorization", "")
    if header.startswith("AWS ") and len(header) <= CREDENTIAL_SCOPE_MAX:
        return Credentials(header[4:].partition(":")[0].strip(), "", "s3")
    if _OLD_QUERY_MARK in request.target and not header:
        for pair in request.query.split("&"):
            if pair.startswith(_OLD_QUERY_MARK) and len(pair) <= CREDENTIAL_SCOPE_MAX:
                return Credentials(unquote(pair[len(_OLD_QUERY_MARK) :]), "", "s3")
    return UNSIGNED


@lru_cache(maxsize=CREDENTIAL_SCOPES_MAX)
def _read_part(part: str) -> Credentials | None:
    """Read a header's part before the first comma, where the scope mostly stands; None: not so."""
    return _find_scope(part) if _HEADER_MARK in part else None


def _find_scope(header: str) -> Credentials:
    _, mark, rest = header.partition(_HEADER_MARK)
    scope = rest.partition(",")[0]
    return _parse_scope(scope) if mark and len(scope) <= CREDENTIAL_SCOPE_MAX else UNSIGNED


@lru_cache(maxsize=CREDENTIAL_SCOPES_MAX)
def _parse_scope(scope: str) -> Credentials:
    """Read `AKID/20261123/eu-west-1/sqs/aws4_request`; the same text comes with every request."""
    parts = scope.strip().split("/")
    if parts[-1] != "aws4_request" or not parts[0]:
        return UNSIGNED
    if len(parts) == 5:
        return Credentials(parts[0], parts[2], parts[3])
    if len(parts) == 4:  # SigV4A: no region
        return Credentials(parts[0], "", parts[2])
    return UNSIGNED
