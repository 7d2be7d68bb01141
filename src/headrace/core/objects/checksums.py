"""Checksums of content by S3's names, of wholes and of parts that are put together.

Two of them are CRCs that Python does not have. A table of 256 entries would take seconds for what
an AWS SDK sends as one part, so long content is folded first: a CRC is a remainder modulo a
polynomial over GF(2), and the first half of a message, times x to the length of the second modulo
that polynomial, may be added to the second. With large integers that is some dozens of shifts. No
other thread runs during one of them, so it goes by spans of a megabyte.
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Iterable
from functools import cache, lru_cache, partial

#: Bits and polynomial of each CRC, as reflected integers (all begin with ones and end inverted).
_CRCS = {
    "CRC32": (32, 0xEDB88320),
    "CRC32C": (32, 0x82F63B78),
    "CRC64NVME": (64, 0x9A6C9329AC4BC9B5),
}
#: Content up to this is read byte by byte.
_SHORT_BYTES = 512
#: Content is folded in spans of this many bytes.
_SPAN_BYTES = 1_024 * 1_024

_HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {
    "SHA1": partial(hashlib.sha1, usedforsecurity=False),
    "SHA256": hashlib.sha256,
}

#: What can be checked, by the names of AWS's members behind "Checksum".
ALGORITHMS = (*_CRCS, *_HASHES)

#: Those that can be told of a whole from those of its parts.
COMBINABLE = frozenset(_CRCS)


def checksum(algorithm: str, content: bytes) -> str:
    """Return a checksum of content in base64, as S3's headers have it."""
    return base64.b64encode(_digest(algorithm, content)).decode()


def composite(algorithm: str, parts: Iterable[str]) -> str:
    """Return the checksum of a whole that is one of its parts' checksums, with their number."""
    raw = [base64.b64decode(part) for part in parts]
    return f"{checksum(algorithm, b''.join(raw))}-{len(raw)}"


def combined(algorithm: str, parts: Iterable[tuple[str, int]]) -> str:
    """Return the checksum of a whole from (checksum, bytes) of its parts; one of `COMBINABLE`."""
    bits, _ = _CRCS[algorithm]
    values = ((int.from_bytes(base64.b64decode(text), "big"), size) for text, size in parts)
    return base64.b64encode(_joined(algorithm, values).to_bytes(bits // 8, "big")).decode()


def is_checksum(algorithm: str, text: str) -> bool:
    """Tell whether a text can be a checksum of this kind."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == len(_digest(algorithm, b""))


def _digest(algorithm: str, content: bytes) -> bytes:
    if algorithm in _HASHES:
        return _HASHES[algorithm](content).digest()
    if algorithm == "CRC32":
        return zlib.crc32(content).to_bytes(4, "big")
    bits, polynomial = _CRCS[algorithm]
    spans = (content[at : at + _SPAN_BYTES] for at in range(0, len(content), _SPAN_BYTES))
    values = ((_crc(span, bits, polynomial), len(span)) for span in spans)
    return _joined(algorithm, values).to_bytes(bits // 8, "big")


def _joined(algorithm: str, parts: Iterable[tuple[int, int]]) -> int:
    """Return the CRC of a whole from (CRC, bytes) of its parts."""
    bits, polynomial = _CRCS[algorithm]
    value = 0
    for crc, size in parts:
        value = crc ^ _times(value, _power(8 * size, bits, polynomial), bits, polynomial)
    return value


def _crc(content: bytes, bits: int, polynomial: int) -> int:
    ones = (1 << bits) - 1
    value = 0
    if len(content) > _SHORT_BYTES:
        content = _folded(content, bits, polynomial)
    else:
        value = ones
    table = _table(polynomial)
    for byte in content:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ ones


def _folded(content: bytes, bits: int, polynomial: int) -> bytes:
    """Return short content that leaves the same remainder, the ones of the beginning in it."""
    size = len(content)
    message = int.from_bytes(content, "little") ^ ((1 << bits) - 1)
    while size > _SHORT_BYTES:
        first = (size - bits // 8) // 2
        rest = size - first
        # The first bytes are the low bits; in the rest they stand higher by how much it is longer.
        beginning = message & ((1 << 8 * first) - 1)
        message >>= 8 * first
        shift_of_one = 8 * (rest - first)
        factor = _power(8 * rest, bits, polynomial)
        for power in range(bits):
            if factor >> (bits - 1 - power) & 1:
                message ^= beginning << (shift_of_one - power)
        size = rest
    return message.to_bytes(size, "little")


@cache
def _table(polynomial: int) -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        rows.append(value)
    return tuple(rows)


def _times(one: int, other: int, bits: int, polynomial: int) -> int:
    """Multiply two remainders; the highest bit is x to the power of 0."""
    product = 0
    for power in range(bits):
        if other >> (bits - 1 - power) & 1:
            product ^= one
        one = (one >> 1) ^ (polynomial if one & 1 else 0)
    return product


@lru_cache(256)
def _power(exponent: int, bits: int, polynomial: int) -> int:
    """Return x to a power, as a remainder."""
    result = 1 << (bits - 1)
    square = 1 << (bits - 2)
    while exponent:
        if exponent & 1:
            result = _times(result, square, bits, polynomial)
        square = _times(square, square, bits, polynomial)
        exponent >>= 1
    return result
