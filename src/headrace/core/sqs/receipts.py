"""Message ids and receipt handles, derived from the shard's secret; nothing is stored.

A message id is a UUID computed from the message's first machine and number, which it keeps for
life. A receipt handle says which queue, message and receive it is for, and carries a MAC (BLAKE2b
over key and text, 88 bits), so that "not ours" and "ours but stale" can be told apart (spec/sqs.md
4.7). The key stands before the text instead of going in as BLAKE2's own key: as safe for texts of
one length, and one block less to hash.

Layout of a handle: base64 of 01 01 01 | machine u32 | number u64 | receive u32 | MAC, big-endian;
30 bytes, 40 characters, beginning with "AQEB" as AWS's do.
"""

import struct
from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64, hexlify
from hashlib import blake2b
from hmac import compare_digest

_MARK = b"\x01\x01\x01"
_LENGTH = 40
_MAC_BYTES = 11
_pack_handle = struct.Struct(">3sIQI").pack
_HEAD_BYTES = 19
_unpack_handle = struct.Struct(">3xIQI").unpack
_pack_id = struct.Struct(">IQ").pack
#: Ids cut out of one 64-byte digest: neighbours in a queue cost one computation.
_IDS_PER_DIGEST = 4
#: The parts of those ids in the digest's hexadecimal digits; version and variant replace two.
_cut_ids = struct.Struct("8s4sx3sx3s12s" * _IDS_PER_DIGEST).unpack
_IDS = b" ".join([b"%b-%b-4%b-a%b-%b"] * _IDS_PER_DIGEST)
#: Handles kept with what they say: most come back soon, and need no second look at their MAC.
_RECENT_MAX = 8_192

#: Machine, message number, and the message's receive count in the answer that held the handle.
Receipt = tuple[int, int, int]


class Receipts:
    """Makes and reads the ids and handles of one shard."""

    def __init__(self, secret: bytes) -> None:
        """Derive the keys from the shard's secret, 16 to 64 bytes."""
        self._handle_key = blake2b(b"receipt handle", key=secret).digest()
        self._id_key = blake2b(b"message id", key=secret).digest()
        self._machine = self._group = -1
        self._ids: list[str] = []  # of this machine and group
        self._recent: dict[str, Receipt] = {}

    def message_id(self, machine: int, number: int) -> str:
        """Return the UUID of the message that was first number `number` of `machine`."""
        group = number // _IDS_PER_DIGEST
        if group != self._group or machine != self._machine:
            digest = blake2b(self._id_key + _pack_id(machine, group)).digest()
            self._ids = (_IDS % _cut_ids(hexlify(digest))).decode().split(" ")
            self._machine, self._group = machine, group
        return self._ids[number % _IDS_PER_DIGEST]

    def number_of(self, message_id: str, machine: int, first: int, last: int) -> int:
        """Return which of the messages `first` to `last` of `machine` has this id; 0: none.

        The newest are tried first; about a third of a microsecond for each, so not on the event
        loop when there are many.
        """
        wanted = _digits_of(message_id)
        if wanted is None:
            return 0
        for group in range(last // _IDS_PER_DIGEST, first // _IDS_PER_DIGEST - 1, -1):
            digest = blake2b(self._id_key + _pack_id(machine, group)).digest()
            if wanted not in digest:
                continue
            for place in range(_IDS_PER_DIGEST):
                number = group * _IDS_PER_DIGEST + place
                if first <= number <= last and self.message_id(machine, number) == message_id:
                    return number
        return 0

    def handle(self, machine: int, number: int, receive: int) -> str:
        """Return the receipt handle of a message's receive number `receive` from a queue."""
        head = _pack_handle(_MARK, machine, number, receive)
        mac = blake2b(self._handle_key + head, digest_size=_MAC_BYTES).digest()
        handle = b2a_base64(head + mac, newline=False).decode()
        if len(self._recent) >= _RECENT_MAX:
            self._recent.clear()
        self._recent[handle] = machine, number, receive
        return handle

    def read(self, handle: str) -> Receipt | None:
        """Return what a handle says; None when it is none of this shard's."""
        if len(handle) != _LENGTH:
            return None
        recent = self._recent.pop(handle, None)
        if recent is not None:
            return recent
        try:
            data = a2b_base64(handle, strict_mode=True)
        except (NotBase64, ValueError):
            return None
        head = data[:_HEAD_BYTES]
        mac = blake2b(self._handle_key + head, digest_size=_MAC_BYTES).digest()
        if not compare_digest(mac, data[_HEAD_BYTES:]):
            return None
        receipt: Receipt = _unpack_handle(head)
        return receipt


def _digits_of(message_id: str) -> bytes | None:
    """Return the first bytes of a message id as they stand in its digest; None: it is no id."""
    try:
        return bytes.fromhex(message_id[:8] + message_id[9:13])
    except ValueError:
        return None
