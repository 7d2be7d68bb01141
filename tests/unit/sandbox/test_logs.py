"""Log text is delivered as whole lines, cut where they are too long, completed at an outcome."""

import asyncio
import os

import pytest

from headrace.sandbox import limits
from headrace.sandbox.logs import LogPipe


@pytest.fixture
def deliver():
    """Return a function: write each piece, read once a piece, drain; what was delivered."""

    def deliver(*pieces, close=False):
        async def story():
            reader, writer = os.pipe()
            taken = []
            pipe = LogPipe(asyncio.get_running_loop(), reader, taken.append)
            for piece in pieces:
                os.write(writer, piece)
                pipe._read_once()
            if close:
                os.close(writer)
            pipe.drain()
            pipe.close()
            pipe.drain()
            if not close:
                os.close(writer)
            return taken

        return asyncio.run(story())

    return deliver


def test_a_line_waits_for_its_end(deliver):
    assert deliver(b"on", b"e\ntwo\nth", b"ree\n") == [b"one\ntwo\n", b"three\n"]


def test_an_unfinished_line_is_completed_when_an_outcome_comes(deliver):
    assert deliver(b"one\ntwo") == [b"one\n", b"two\n"]


def test_the_end_of_the_stream_is_no_trouble(deliver):
    assert deliver(b"one", close=True) == [b"one\n"]


def test_a_line_that_is_too_long_comes_in_pieces(deliver):
    half = b"x" * (limits.LOG_LINE_BYTES_MAX // 8)
    taken = deliver(*[half] * 9, b"\n")
    assert [len(text) for text in taken] == [limits.LOG_LINE_BYTES_MAX, len(half) + 1]
    assert b"".join(taken) == half * 9 + b"\n"


@pytest.mark.parametrize("letter", ["ä", "€", "😀"])
def test_no_character_is_cut_in_two(deliver, letter):
    for start in range(len(letter.encode())):
        text = b"x" * start + letter.encode() * (limits.LOG_LINE_BYTES_MAX // 2)
        pieces = [text[at : at + 60_000] for at in range(0, len(text), 60_000)]
        taken = deliver(*pieces, b"\n")
        assert b"".join(taken) == text + b"\n"
        assert all(one.decode() for one in taken)


def test_bytes_that_are_no_text_are_cut_all_the_same(deliver):
    size = limits.LOG_LINE_BYTES_MAX
    taken = deliver(*[b"\x80" * 60_000] * (size // 60_000 + 1), b"\n")
    assert len(taken[0]) == size


def test_a_branch_goes_to_the_same_log_and_its_listener_hears_it_alone():
    async def story():
        pipes = [os.pipe() for _ in range(2)]
        taken, heard, branch = [], [], []
        pipe = LogPipe(asyncio.get_running_loop(), pipes[0][0], taken.append)
        pipe.listen(heard.append)
        pipe.branch(pipes[1][0], branch.append)
        os.write(pipes[0][1], b"one\n")
        os.write(pipes[1][1], b"two")
        pipe.drain()
        assert sorted(taken) == [b"one\n", b"two\n"]
        assert (heard, branch) == ([b"one\n"], [b"two\n"])
        os.close(pipes[0][1])
        pipe.drain()
        os.write(pipes[1][1], b"three\n")  # The end of one is not that of the other.
        pipe.drain()
        assert branch[1:] == [b"three\n"]
        pipe.close()
        os.close(pipes[1][1])
        for reader, _ in pipes:
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.close(reader)

    asyncio.run(story())
