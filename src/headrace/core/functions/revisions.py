"""Revision ids: what changes with every change of a function, version, alias or policy."""

import hashlib


def derived_uuid(seed: bytes, purpose: bytes) -> str:
    """Return a UUID (in the form of version 4) that follows from `seed` and `purpose`."""
    digest = bytearray(hashlib.blake2b(purpose, key=seed, digest_size=16).digest())
    digest[6] = digest[6] & 0x0F | 0x40
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
