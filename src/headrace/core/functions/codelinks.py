"""Links under which the archive of a function or layer can be fetched from this server for a while.

A link carries its expiry and a key that only the server can have made: it derives from the
function's or layer's seed, which nobody is ever told.
"""

import hashlib
import hmac
from typing import NamedTuple
from urllib.parse import parse_qs, quote

from headrace.base.instant import Instant, later
from headrace.core.functions.function import FunctionView
from headrace.core.functions.layer import Layer
from headrace.core.functions.limits import CODE_LINK_MS

#: Every link's path begins with this.
PREFIX = "/_headrace/code/"
#: Stands in a layer's link before its name; no function has such a name.
_LAYER = "layer:"


class Link(NamedTuple):
    """What a link's path names."""

    account: str
    region: str
    name: str
    digest: str
    is_layer: bool


def format_link(view: FunctionView, seed: bytes, now: Instant) -> str:
    """Return path and query of a link that is good for ten minutes from `now`."""
    place = (view.account, quote(view.region), quote(view.name))
    return _format(place, seed, view.code.digest, now)


def format_layer_link(layer: Layer, digest: str, now: Instant) -> str:
    """Return the same for one of a layer's archives."""
    place = (layer.account, quote(layer.region), f"{_LAYER}{layer.name}")
    return _format(place, layer.seed, digest, now)


def parse_link(path: str) -> Link | None:
    """Return what a link's path names, or None."""
    parts = path.removeprefix(PREFIX).split("/")
    if not path.startswith(PREFIX) or len(parts) != 4:
        return None
    account, region, name, digest = parts
    is_layer = name.startswith(_LAYER)
    return Link(account, region, name.removeprefix(_LAYER), digest, is_layer)


def is_good(query: str, seed: bytes, digest: str, now: Instant) -> bool:
    """Tell whether a link's query was made here for this archive and has not expired."""
    values = parse_qs(query)
    expires = values.get("expires", [""])[0]
    token = values.get("token", [""])[0]
    if not expires.isascii() or not expires.isdigit() or len(expires) > 15 or int(expires) < now:
        return False
    return hmac.compare_digest(token.encode(), _token(seed, digest, int(expires)).encode())


def _format(place: tuple[str, ...], seed: bytes, digest: str, now: Instant) -> str:
    expires_at = later(now, CODE_LINK_MS)
    path = "/".join((*place, digest))
    return f"{PREFIX}{path}?expires={expires_at}&token={_token(seed, digest, expires_at)}"


def _token(seed: bytes, digest: str, expires_at: int) -> str:
    story = f"code {digest} {expires_at}".encode()
    return hashlib.blake2b(story, key=seed, digest_size=16).hexdigest()
