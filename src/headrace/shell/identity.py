"""Tell who asks, for which region, and under which URL, from what a request says of itself."""

import hashlib
import re
from base64 import b32encode
from functools import lru_cache

import msgspec

from headrace.base.accesskeys import account_of_key
from headrace.base.arn import region_of_host
from headrace.shell.limits import IDENTITIES_REMEMBERED_MAX
from headrace.wire.credentials import Credentials

_REGION = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_AUTHORITY = re.compile(
    r"[A-Za-z0-9._\-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?", re.ASCII
)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)


class Identity(msgspec.Struct, frozen=True, gc=False):
    """Whose resources a request means."""

    account: str
    region: str
    sender_id: str  #: As an IAM user's id: the same for the same access key, telling nothing of it.


class Identities:
    """Makes identities with the configured defaults, and remembers them."""

    def __init__(self, account: str, region: str) -> None:
        """Take the account and region of requests that name none."""
        self._account = account
        self._region = region
        self.of = lru_cache(maxsize=IDENTITIES_REMEMBERED_MAX)(self._make)

    def _make(self, credentials: Credentials, host: str) -> Identity:
        key = credentials.access_key_id
        region = credentials.region if _REGION.fullmatch(credentials.region) else ""
        return Identity(
            account=account_of_key(key) or self._account,
            region=region or region_of_host(host) or self._region,
            sender_id=_sender_id(key or self._account),
        )


def _sender_id(access_key_id: str) -> str:
    digest = hashlib.blake2b(access_key_id.encode(), digest_size=10, person=b"sender").digest()
    return f"AIDA{b32encode(digest).decode()}A"


def base_url_of(headers: dict[str, str]) -> str:
    """Return scheme and authority that the caller used, a proxy's word before Host's."""
    host = headers.get("host", "localhost")
    if "x-forwarded-host" not in headers and "x-forwarded-proto" not in headers:
        return f"http://{host}"
    forwarded = headers.get("x-forwarded-host", host).partition(",")[0].strip()
    authority = forwarded if _AUTHORITY.fullmatch(forwarded) else host
    port = headers.get("x-forwarded-port", "").partition(",")[0].strip()
    scheme = headers.get("x-forwarded-proto", "http").partition(",")[0].strip().lower()
    if scheme != "https":
        scheme = "http"
    is_usual = port == ("443" if scheme == "https" else "80")
    if _PORT.fullmatch(port) and not is_usual and not authority.rpartition("]")[2].count(":"):
        authority = f"{authority}:{port}"
    return f"{scheme}://{authority}"
