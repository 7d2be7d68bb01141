"""HttpRequest and HttpResponse as plain values."""

import msgspec


class HttpRequest(msgspec.Struct, frozen=True):
    """A whole HTTP request as it came off the wire."""

    method: str  #: Upper case.
    target: str  #: The raw request target: percent-encoded path and, after "?", the query.
    headers: dict[str, str]  #: Names in lower case; repeated headers joined by ", ".
    body: bytes

    @property
    def path(self) -> str:
        """The raw path, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The raw query string, without "?"; empty when there is none."""
        return self.target.partition("?")[2]


class HttpResponse(msgspec.Struct, frozen=True):
    """A whole HTTP response; the server adds Content-Length, Date and Connection."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    #: In the answer to HEAD: the length of a body that is not here; None: that of `body`.
    length: int | None = None
