"""What a bucket holds: objects, uploads and their parts. The bytes lie among the blobs."""

import msgspec

from headrace.base.instant import Instant


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """A blob: some of an object's bytes, or all of them."""

    digest: str  #: SHA-256, 64 lower-case hex digits.
    size: int


class Described(msgspec.Struct, frozen=True, array_like=True):
    """What a caller says about an object; new fields go to the end with a default."""

    headers: dict[str, str] = {}  #: AWS's member name, such as "ContentType", to its value.
    metadata: dict[str, str] = {}  #: His own, names in lower case.
    tags: dict[str, str] = {}


class StoredObject(msgspec.Struct, frozen=True, array_like=True):
    """One object; new fields go to the end with a default."""

    pieces: tuple[Piece, ...]
    etag: str  #: Without quotes: MD5 in hex, or that of the parts' MD5s, "-" and their number.
    modified_at: Instant
    described: Described
    checksums: dict[str, str] = {}  #: Algorithm, such as "CRC32", to its base64.
    checksum_type: str = ""  #: "FULL_OBJECT" or "COMPOSITE"; empty without checksums.

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(piece.size for piece in self.pieces)


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One uploaded part."""

    piece: Piece
    etag: str  #: MD5 in hex.
    modified_at: Instant
    checksums: dict[str, str] = {}


class Upload(msgspec.Struct, frozen=True, array_like=True):
    """A multipart upload under way; new fields go to the end with a default."""

    key: str
    begun_at: Instant
    described: Described
    checksum_algorithm: str = ""  #: Empty: none was asked for.
    checksum_type: str = ""
    parts: dict[int, Part] = {}
