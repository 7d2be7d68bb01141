"""Access keys that say whose they are: of an account, or of a session in one.

A user chooses the account by taking its 12 digits as access key. Keys of sessions look like AWS's,
and hold the account, so that nothing has to be remembered of a session.
"""

import binascii
import hashlib
import re
from base64 import b32decode, b32encode

_DIGITS = re.compile(r"[0-9]{12}", re.ASCII)
_SESSION = "ASIA"
_ACCOUNT_BYTES = 5  #: Twelve digits fit; eight characters.
_OWN_BYTES = 5


def session_key(account: str, seed: bytes) -> str:
    """Return the access key of a session in `account` (12 digits); it derives from `seed`."""
    own = hashlib.blake2b(seed, digest_size=_OWN_BYTES, person=b"session").digest()
    return _SESSION + b32encode(int(account).to_bytes(_ACCOUNT_BYTES) + own).decode()


def account_of_key(key: str) -> str:
    """Return the account whose access key this is; empty when the key does not say."""
    if _DIGITS.fullmatch(key):
        return key
    if key.startswith(_SESSION) and len(key) == len(_SESSION) + 16:
        try:
            content = b32decode(key[len(_SESSION) :])
        except (binascii.Error, ValueError):
            return ""
        account = f"{int.from_bytes(content[:_ACCOUNT_BYTES]):012d}"
        return account if len(account) == 12 else ""
    return ""
