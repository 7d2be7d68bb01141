"""The content of an upload as SDKs send it: whole, or in chunks of AWS's own with trailers behind.

Such chunks (`Content-Encoding: aws-chunked`) are no matter of HTTP: each is its length in hex, an
optional signature, and its bytes; behind the last, of length 0, come headers such as a checksum
that was reckoned while sending. Signatures are not looked at.
"""

import re

import msgspec

from headrace.wire.errors import IncompleteBody
from headrace.wire.limits import CHUNKS_MAX, TRAILERS_BYTES_MAX

_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})(?:;[^\r\n]{0,256})?\r\n")
_END = b"\r\n"

#: Content-Encoding's word for it, which is no part of an object's own encoding.
WORD = "aws-chunked"
#: Beginning of X-Amz-Content-SHA256 when it is no hash.
_STREAMING = "STREAMING-"
_SHA256 = re.compile("[0-9a-f]{64}", re.ASCII)


class Payload(msgspec.Struct, frozen=True):
    """A body that was not looked at yet: taking it apart is not for the event loop."""

    raw: bytes
    is_chunked: bool = False
    sha256: str = ""  #: What the caller has signed it as, in hex; empty: nothing.
    length: int | None = None  #: How long the content is said to be.

    def take_apart(self) -> tuple[bytes, dict[str, str]]:
        """Return the content and the trailers, names in lower case.

        Raises:
            IncompleteBody: The chunks cannot be read, or the content has another length.
        """
        content, trailers = unframed(self.raw) if self.is_chunked else (self.raw, {})
        if self.length is not None and len(content) != self.length:
            raise IncompleteBody
        return content, trailers


def read_payload(headers: dict[str, str], body: bytes) -> Payload:
    """Return a request's body with what its headers say about it."""
    said = headers.get("x-amz-content-sha256", "")
    is_chunked = said.startswith(_STREAMING) or WORD in headers.get("content-encoding", "")
    length = headers.get("x-amz-decoded-content-length", "")
    return Payload(
        body,
        is_chunked,
        said if _SHA256.fullmatch(said) else "",
        int(length) if is_chunked and length.isdecimal() and len(length) < 16 else None,
    )


def own_encoding(text: str) -> str:
    """Return what Content-Encoding says about the object itself."""
    words = [word.strip() for word in text.split(",")]
    return ",".join(word for word in words if word and word != WORD)


def unframed(raw: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the content of chunks and the trailers behind them.

    Raises:
        IncompleteBody: They end early, are none, or are so many and small that they would cost
            many times the memory of what they bring; or too much stands behind them.
    """
    parts: list[memoryview] = []
    view = memoryview(raw)
    at = 0
    for _ in range(CHUNKS_MAX):
        found = _CHUNK.match(raw, at)
        if found is None:
            raise IncompleteBody
        size = int(found[1], 16)
        at = found.end()
        if size == 0:
            if len(raw) - at > TRAILERS_BYTES_MAX:
                break
            return b"".join(parts), _trailers(raw[at:])
        end = at + size
        if raw[end : end + 2] != _END:
            raise IncompleteBody
        parts.append(view[at:end])
        at = end + 2
    raise IncompleteBody


def _trailers(raw: bytes) -> dict[str, str]:
    trailers = {}
    for line in raw.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            trailers[name.strip().lower()] = value.strip()
    return trailers
