"""Bodies as SDKs send them, taken apart."""

import pytest

from headrace.wire.awschunked import Payload, own_encoding, read_payload, unframed
from headrace.wire.errors import IncompleteBody
from headrace.wire.limits import CHUNKS_MAX, TRAILERS_BYTES_MAX

TRAILED = (
    b"5\r\nhello\r\nA;chunk-signature=0a\r\n, wonderful\r\n0\r\nx-amz-checksum-crc32: abc=\r\n\r\n"
)
TRAILED = TRAILED.replace(b", wonderful", b", wonderfu")


def test_chunks_and_what_stands_behind_them():
    content, trailers = unframed(TRAILED)
    assert (content, trailers) == (b"hello, wonderfu", {"x-amz-checksum-crc32": "abc="})
    assert unframed(b"0\r\n\r\n") == (b"", {})


@pytest.mark.parametrize(
    "raw",
    [b"", b"5\r\nhell", b"5\r\nhello", b"5\r\nhello\r\n", b"x\r\n", b"4\r\nhello\r\n0\r\n\r\n"],
)
def test_chunks_that_end_early(raw):
    with pytest.raises(IncompleteBody):
        unframed(raw)


def test_more_chunks_or_trailers_than_any_sdk_sends():
    end = b"0\r\n\r\n"
    assert unframed(b"1\r\nx\r\n" * (CHUNKS_MAX - 1) + end)[0] == b"x" * (CHUNKS_MAX - 1)
    with pytest.raises(IncompleteBody):
        unframed(b"1\r\nx\r\n" * CHUNKS_MAX + end)
    with pytest.raises(IncompleteBody):
        unframed(b"0\r\n" + b"a:b\r\n" * TRAILERS_BYTES_MAX)


def test_what_headers_say_of_a_body():
    assert read_payload({"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, b"x") == Payload(b"x")
    assert read_payload({"x-amz-content-sha256": "a" * 64}, b"x").sha256 == "a" * 64
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "15",
    }
    payload = read_payload(headers, TRAILED)
    assert payload == Payload(TRAILED, is_chunked=True, length=15)
    assert payload.take_apart()[0] == b"hello, wonderfu"
    assert read_payload({"content-encoding": "gzip,aws-chunked"}, b"").is_chunked


def test_another_length_than_the_one_that_was_said():
    with pytest.raises(IncompleteBody):
        Payload(TRAILED, is_chunked=True, length=14).take_apart()


def test_an_objects_own_encoding():
    assert own_encoding("gzip, aws-chunked") == "gzip"
    assert own_encoding("aws-chunked") == ""
