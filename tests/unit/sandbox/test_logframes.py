"""Frames among the lines of a log."""

import pytest

from headrace.base.logtext import INNER_END as END
from headrace.sandbox.logframes import Unframer


def frame(text: bytes, kind: int = 3) -> bytes:
    return bytes([0xA5, 0x5A, 0, kind]) + len(text).to_bytes(4, "big") + bytes(8) + text


LOG = (
    b"plain\n"
    + frame(b"one")
    + frame(b"two\nlines\n")
    + frame(b"", 2)
    + b"no end"
    + frame("ä¥Z".encode(), 2)
    + b"last\n"
)
LINES = (
    b"plain\none" + END + b"\ntwo" + END + b"lines\n\nno end\n" + "ä¥Z".encode() + END + b"\nlast\n"
)


def test_a_frame_is_one_line_and_plain_text_passes():
    assert Unframer().feed(LOG) == LINES


@pytest.mark.parametrize("size", [1, 2, 3, 5, 17])
def test_it_does_not_matter_where_the_pipe_cuts(size):
    unframer = Unframer()
    pieces = [unframer.feed(LOG[start : start + size]) for start in range(0, len(LOG), size)]
    assert b"".join(pieces) == LINES


def test_what_looks_like_a_frame_but_is_none_is_not_lost():
    unframer = Unframer()
    assert unframer.feed(b"a\xa5\x5a") == b"a"
    assert unframer.flush() == b"\xa5\x5a"
    assert unframer.feed(b"b\n" + b"\xa5\x5ab\n") == b"b\n\xa5\x5ab\n"


def test_a_line_that_was_ended_by_a_drain_is_not_ended_twice():
    unframer = Unframer()
    assert unframer.feed(b"no end") == b"no end"
    assert unframer.flush() == b""
    assert unframer.feed(frame(b"x\n")) == b"x\n"


def test_a_frame_that_is_longer_than_any_line_is_not_kept():
    unframer = Unframer()
    head = frame(b"")[:4] + b"\xff\xff\xff\xff" + bytes(8)
    assert unframer.feed(head + b"x" * 100_000) == b"x" * 100_000
    assert unframer.feed(b"y\n") == b"y" + END
