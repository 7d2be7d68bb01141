"""Events as frames, byte for byte."""

import zlib

import pytest

from headrace.wire.catalog import SERVICES
from headrace.wire.eventstream import encode_event

STREAM = "InvokeWithResponseStreamResponseEvent"
CHUNK_HEADERS = (
    b"\x0b:event-type\x07\x00\x0cPayloadChunk"
    b"\x0d:content-type\x07\x00\x18application/octet-stream"
    b"\x0d:message-type\x07\x00\x05event"
)


def encode(event):
    return encode_event(SERVICES["lambda"], STREAM, event)


def checked(frame):
    """Return headers and payload of a frame whose lengths and checksums are right."""
    size, headers_size, crc = (int.from_bytes(frame[at : at + 4], "big") for at in (0, 4, 8))
    assert size == len(frame)
    assert crc == zlib.crc32(frame[:8])
    assert int.from_bytes(frame[-4:], "big") == zlib.crc32(frame[:-4])
    return frame[12 : 12 + headers_size], frame[12 + headers_size : -4]


@pytest.mark.parametrize("payload", [b"", b"\x00\xff", b"x" * 1_000_000])
def test_a_chunk_is_bytes(payload):
    frame = encode({"PayloadChunk": {"Payload": payload}})
    assert checked(frame) == (CHUNK_HEADERS, payload)


def test_every_other_event_is_json_of_what_is_there():
    headers, payload = checked(
        encode({"InvokeComplete": {"ErrorCode": "E", "ErrorDetails": None, "LogResult": "bG9n"}})
    )
    assert payload == b'{"ErrorCode":"E","LogResult":"bG9n"}'
    assert b"\x0d:content-type\x07\x00\x10application/json" in headers
    assert checked(encode({"InvokeComplete": {}}))[1] == b"{}"


def test_the_shortest_frame_is_as_it_was_written_down():
    frame = encode({"PayloadChunk": {"Payload": b""}})
    assert frame[:8] == (16 + len(CHUNK_HEADERS)).to_bytes(4, "big") + b"\x00\x00\x00\x5a"
    assert len(CHUNK_HEADERS) == 0x5A
