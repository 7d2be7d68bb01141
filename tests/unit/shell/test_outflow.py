"""What waits of a body that is given bit by bit, and who is told when it does not."""

import gc
import weakref

import pytest

from headrace.shell.outflow import Outflow
from headrace.wire.envelope import HttpRequest, HttpResponse

REQUEST = HttpRequest("POST", "/", {}, b"")


class Pipe:
    """A connection that pours whenever it is asked to, unless its client is stuck."""

    def __init__(self, *, goes_on=True, is_chunked=True):
        self.written = []
        self.is_stuck = False
        self.ends = []
        self.outflow = Outflow(self.push)
        self.outflow.begin(goes_on=goes_on, is_chunked=is_chunked)

    def push(self):
        self.ends.append(self.outflow.pour(self.written.append, lambda: self.is_stuck))


def test_pieces_are_chunks_and_the_end_is_the_empty_one():
    pipe = Pipe()
    pipe.outflow.write(b"a" * 26)
    pipe.outflow.write(b"")  # It would be the end.
    pipe.outflow.write(b"b")
    pipe.outflow.end()
    assert pipe.written == [b"1a\r\n" + b"a" * 26 + b"\r\n", b"1\r\nb\r\n", b"0\r\n\r\n"]
    assert pipe.ends == [None, None, True]


def test_without_chunks_the_connections_end_is_the_bodys():
    pipe = Pipe(is_chunked=False)
    pipe.outflow.write(b"a")
    pipe.outflow.end()
    assert (pipe.written, pipe.ends) == ([b"a"], [None, False])


@pytest.mark.parametrize(("goes_on", "line"), [(True, b""), (False, b"Connection: close\r\n")])
def test_the_head_says_how_the_body_ends(goes_on, line):
    pipe = Pipe(goes_on=goes_on)
    head = pipe.outflow.encode_head(HttpResponse(200, [("A", "b")]), REQUEST, "Date: x\r\n")
    assert head == (
        b"HTTP/1.1 200 OK\r\nA: b\r\nDate: x\r\nTransfer-Encoding: chunked\r\n" + line + b"\r\n"
    )


def test_what_a_stuck_client_does_not_take_waits_and_is_told_when_it_is_gone():
    pipe = Pipe()
    told = []
    pipe.outflow.when_room(lambda: told.append("at once"))
    pipe.is_stuck = True
    pipe.outflow.write(b"abc")
    pipe.outflow.write(b"de")
    assert pipe.outflow.is_full
    assert (pipe.outflow.waiting_bytes, pipe.written) == (5, [])
    pipe.outflow.when_room(lambda: told.append("later"))
    assert told == ["at once"]
    pipe.is_stuck = False
    pipe.push()
    pipe.push()
    assert told == ["at once", "later"]
    assert (pipe.outflow.is_full, pipe.outflow.waiting_bytes) == (False, 0)


def test_whoever_is_told_of_room_may_write_and_end():
    pipe = Pipe()
    pipe.is_stuck = True
    pipe.outflow.write(b"a")

    def finish():
        pipe.outflow.write(b"b")
        pipe.outflow.end()

    pipe.outflow.when_room(finish)
    pipe.is_stuck = False
    pipe.push()
    assert pipe.written == [b"1\r\na\r\n", b"1\r\nb\r\n", b"0\r\n\r\n"]
    assert [end for end in pipe.ends if end is not None] == [True]


def test_behind_the_end_nothing_is_written():
    pipe = Pipe()
    pipe.outflow.end()
    pipe.outflow.write(b"a")
    pipe.outflow.end()
    assert pipe.written == [b"0\r\n\r\n"]


def test_a_client_that_goes_frees_its_writer():
    pipe = Pipe()
    told = []
    pipe.is_stuck = True
    pipe.outflow.write(b"a")
    pipe.outflow.when_room(lambda: told.append(1))
    pipe.outflow.lose()
    pipe.outflow.write(b"b")
    assert (told, pipe.outflow.is_full, pipe.written) == ([1], False, [])


def test_a_body_that_is_broken_off_has_no_last_chunk_and_ends_its_connection():
    pipe = Pipe()
    pipe.outflow.write(b"a")
    pipe.outflow.break_off()
    pipe.outflow.end()
    assert (pipe.written, pipe.ends) == ([b"1\r\na\r\n"], [None, False])
    whole = Pipe()
    whole.outflow.end()
    whole.outflow.break_off()
    assert (whole.written, whole.ends) == ([b"0\r\n\r\n"], [True])


@pytest.mark.parametrize("way", ["whole", "lost"])
def test_a_body_that_is_over_does_not_hold_its_connection(way):
    """They hold each other, and the server lets the collector look for that hardly ever."""
    gc.disable()
    try:
        pipe = Pipe()
        pipe.outflow.write(b"a")
        if way == "whole":
            pipe.outflow.end()
        else:
            pipe.outflow.lose()
            pipe.outflow.end()
        assert pipe.ends == ([None, True] if way == "whole" else [None])
        gone = weakref.ref(pipe)
        del pipe
        assert gone() is None
    finally:
        gc.enable()
