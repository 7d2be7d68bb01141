"""Links under which a function's code archive can be fetched from this server for a while.

A link carries its expiry and a key that only the server can have made: it derives from the
function's seed, which nobody is ever told.
"""

import hashlib
import hmac
from urllib.parse import parse_qs, quote

from headrace.base.instant import Instant, later
from headrace.core.functions.function import FunctionView
from headrace.core.functions.limits import CODE_LINK_MS

#: Every link's path begins with this.
PREFIX = "/_headrace/code/"


def format_link(view: FunctionView, seed: bytes, now: Instant) -> str:
    """Return path and query of a link that is good for ten minutes from `now`."""
    expires_at = later(now, CODE_LINK_MS)
    digest = view.code.digest
    path = "/".join((view.account, quote(view.region), quote(view.name), digest))
    return f"{PREFIX}{path}?expires={expires_at}&token={_token(seed, digest, expires_at)}"


def parse_link(path: str) -> tuple[str, str, str, str] | None:
    """Return (account, region, function name, digest) of a link's path, or None."""
    parts = path.removeprefix(PREFIX).split("/")
    if not path.startswith(PREFIX) or len(parts) != 4:
        return None
    account, region, name, digest = parts
    return account, region, name, digest


def is_good(query: str, seed: bytes, digest: str, now: Instant) -> bool:
    """Tell whether a link's query was made here for this archive and has not expired."""
    values = parse_qs(query)
    expires = values.get("expires", [""])[0]
    token = values.get("token", [""])[0]
    if not expires.isascii() or not expires.isdigit() or len(expires) > 15 or int(expires) < now:
        return False
    return hmac.compare_digest(token.encode(), _token(seed, digest, int(expires)).encode())


def _token(seed: bytes, digest: str, expires_at: int) -> str:
    story = f"code {digest} {expires_at}".encode()
    return hashlib.blake2b(story, key=seed, digest_size=16).hexdigest()
