"""The two forms of a function URL: a host name of its own, and a path on this server.

The first is AWS's: `http://<id>.lambda-url.<region>.localhost:4566/`. Browsers and curl find every
name below `localhost` by themselves, and each URL is a site of its own to them. The second,
`/_headrace/url/<id>/`, is for callers by address and for names that nobody resolves.
"""

import re
from urllib.parse import urlsplit

import msgspec

from headrace.wire.envelope import HttpRequest

#: What the host name of each URL holds behind its id.
MARK = ".lambda-url."

#: What the path of each URL begins with in the other form.
PREFIX = "/_headrace/url/"

#: Id, region and the server's own name.
_HOST = re.compile(r"([a-z0-9]+)\.lambda-url\.([a-z0-9-]+)\.(\S+)")


class Address(msgspec.Struct, frozen=True, gc=False):
    """What a request names."""

    id: str  #: Empty when the name is none of a URL.
    region: str  #: Empty when none is named.
    path: str  #: As the function sees it, still percent-encoded.
    is_path: bool  #: Whether it came in the form of a path.


def address_of(request: HttpRequest) -> Address | None:
    """Return which function URL a request means; None: it means none."""
    path = request.path
    host = request.headers.get("host", "").lower()
    if MARK in host:
        match = _HOST.fullmatch(host)
        if match is None:
            return Address("", "", path, is_path=False)
        return Address(match[1], match[2], path or "/", is_path=False)
    if not path.startswith(PREFIX):
        return None
    id, _, rest = path.removeprefix(PREFIX).partition("/")
    return Address(id, "", f"/{rest}", is_path=True)


def is_function_url(target: str, headers: dict[str, str]) -> bool:
    """Tell from its head whether a request means a function URL, whether there is one or not."""
    return MARK in headers.get("host", "").lower() or target.startswith(PREFIX)


def server_name(host: str) -> str:
    """Return a host name without what makes it that of a function URL."""
    match = _HOST.fullmatch(host.lower())
    return host if match is None else match[3]


def format_url(base_url: str, id: str, region: str) -> str:
    """Return the URL under which a caller of `base_url` reaches a function.

    It is a name below `localhost` where the server is reached on this machine; elsewhere a path,
    because nobody may know names below the server's.
    """
    parts = urlsplit(base_url)
    name = parts.hostname or ""
    is_here = name.startswith("127.") or name == "::1" or f".{name}".endswith(".localhost")
    if not is_here or parts.path:
        return f"{base_url}{PREFIX}{id}/"
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{parts.scheme}://{id}{MARK}{region}.localhost{port}/"
