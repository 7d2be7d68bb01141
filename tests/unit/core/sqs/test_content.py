"""The content of a message is encoded once and decodes to the same."""

import pytest

from headrace.core.sqs.content import Attribute, Content, decode, encode


def test_content_survives():
    content = Content(
        body="h\u00e9llo \u2713\r\n",
        sender_id="AIDA",
        attributes={"a": Attribute("String", "x"), "b": Attribute("Binary.png", b"\x00\xff")},
        trace_header="Root=1",
        group_id="g",
    )
    assert decode(encode(content)) == content
    assert decode(memoryview(encode(content))) == content


@pytest.mark.parametrize("data", [b"", b"\x63abc"])
def test_other_formats_are_refused(data):
    with pytest.raises(ValueError, match="unknown format"):
        decode(data)


def test_stored_bytes_still_decode():
    assert decode(bytes.fromhex("0196a162a141c0c0c0c0")) == Content("b", "A")
