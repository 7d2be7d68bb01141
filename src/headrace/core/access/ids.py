"""Ids as IAM makes them: four letters for the kind, then letters and digits."""

import hashlib
from base64 import b32encode

#: Bytes that make the 16 characters behind the kind; a 17th closes the id.
_BYTES = 10


def make_id(kind: str, seed: bytes) -> str:
    """Return an id such as AROAQWERTYUIOPASDFGHA, which derives from `seed`."""
    digest = hashlib.blake2b(seed, digest_size=_BYTES, person=kind.encode()).digest()
    return f"{kind}{b32encode(digest).decode()}A"
