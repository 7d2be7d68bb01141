"""Frames become answers: at once, when the last piece is here, or when their sender has ended."""

import sys

import pytest

from headrace.sandbox import limits
from headrace.sandbox.dialogue import Answer, FrameDialogue
from tests.unit.sandbox.bench import Stream, invocation


class Wire:
    """A connection that only remembers."""

    def __init__(self):
        self.sent = []

    def send(self, header, body):
        self.sent.append((header["id"], body))

    def hold(self):
        self.sent.append("hold")

    def go_on(self):
        self.sent.append("go on")


@pytest.fixture
def answers():
    return []


@pytest.fixture
def dialogue(answers):
    return FrameDialogue(Wire(), answers.append)


def test_most_frames_are_answers(dialogue, answers):
    dialogue.hear({"kind": "result"}, b"1")
    dialogue.hear({"kind": "error", "type": "E"}, b"{}")
    dialogue.hear({"kind": "setup_failed", "reason": "no"}, b"")
    dialogue.hear({"kind": "fault", "type": "F", "reason": "gone"}, b"")
    assert answers == [
        Answer("result", "", b"1"),
        Answer("error", "E", b"{}"),
        Answer("setup_failed", "no"),
        Answer("fault", "F", b"gone"),
    ]
    assert not dialogue.release()


@pytest.mark.parametrize("header", [{}, {"kind": 5}, {"kind": "praise"}, {"kind": ["result"]}])
def test_what_is_none_of_ours_is_no_answer(dialogue, answers, header):
    dialogue.hear(header, b"1")
    assert answers == []


def test_pieces_are_an_answer_when_the_last_is_here(dialogue, answers):
    for _ in range(2):
        dialogue.deliver(invocation({}))
        dialogue.hear({"kind": "stream", "content_type": "text/plain"}, b"")
        dialogue.hear({"kind": "chunk"}, b"a")
        dialogue.hear({"kind": "chunk"}, b"b")
        assert answers == []
        dialogue.hear({"kind": "stream_end"}, b"")
        assert answers == [Answer("result", "", b"ab")]
        answers.clear()


def test_pieces_of_an_error_or_of_another_event_are_dropped(dialogue, answers):
    dialogue.deliver(invocation({}))
    dialogue.hear({"kind": "chunk"}, b"a")
    dialogue.hear({"kind": "error", "type": "E"}, b"{}")
    dialogue.deliver(invocation({}))
    dialogue.hear({"kind": "stream_end"}, b"")
    assert answers == [Answer("error", "E", b"{}"), Answer("result")]


def test_pieces_without_content_cost_nothing(dialogue):
    """A function may send them without end."""
    dialogue.hear({"kind": "chunk"}, b"a")
    size = sys.getsizeof(dialogue._pieces)
    for _ in range(1_000):
        dialogue.hear({"kind": "chunk"}, b"")
    assert sys.getsizeof(dialogue._pieces) == size


def test_pieces_may_be_as_large_as_a_result(dialogue, answers):
    half = b"x" * (limits.RESULT_BYTES_MAX // 2)
    dialogue.hear({"kind": "chunk"}, half)
    dialogue.hear({"kind": "chunk"}, half)
    dialogue.hear({"kind": "stream_end"}, b"")
    dialogue.deliver(invocation({}))
    for _ in range(3):
        dialogue.hear({"kind": "chunk"}, half)
    dialogue.hear({"kind": "chunk"}, b"x")
    dialogue.hear({"kind": "stream_end"}, b"")
    assert answers == [Answer("result", "", half + half), Answer("too_large")]


def test_pieces_go_to_who_takes_them_and_are_not_in_the_answer(answers):
    wire, stream = Wire(), Stream()
    dialogue = FrameDialogue(wire, answers.append)
    dialogue.deliver(invocation({}, stream=stream))
    dialogue.hear({"kind": "stream", "content_type": "text/plain"}, b"")
    dialogue.hear({"kind": "chunk"}, b"a")
    assert (stream.content_type, stream.pieces) == ("text/plain", [b"a"])
    stream.is_full = True
    dialogue.hear({"kind": "chunk"}, b"b")
    stream.make_room()
    assert wire.sent[1:] == ["hold", "go on"]
    dialogue.hear({"kind": "stream_end"}, b"")
    assert answers == [Answer("result")]
    dialogue.deliver(invocation({}))
    dialogue.hear({"kind": "chunk"}, b"c")
    dialogue.hear({"kind": "stream_end"}, b"")
    assert (answers[1:], stream.pieces) == ([Answer("result", "", b"c")], [b"a", b"b"])


@pytest.mark.parametrize(
    "end", [{"kind": "stream_end"}, {"kind": "error"}, {"kind": "error", "exits": True}]
)
def test_whoever_takes_pieces_slowly_holds_no_later_event(end, answers):
    """Piece and end may come in one read, so that the end is heard though no more is read."""
    wire, stream = Wire(), Stream()
    dialogue = FrameDialogue(wire, answers.append)
    dialogue.deliver(invocation({}, stream=stream))
    stream.is_full = True
    dialogue.hear({"kind": "chunk"}, b"a")
    dialogue.hear(end, b"")
    assert wire.sent[1:] == ["hold", "go on"]


def test_a_streamed_answer_beyond_its_limit_is_an_error(answers, monkeypatch):
    monkeypatch.setattr(limits, "STREAM_BYTES_MAX", 2)
    dialogue = FrameDialogue(Wire(), answers.append)
    dialogue.deliver(invocation({}, stream=Stream()))
    dialogue.hear({"kind": "chunk"}, b"abc")
    dialogue.hear({"kind": "stream_end"}, b"")
    document = (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size (2 bytes).",'
        b'"errorType":"Function.ResponseSizeTooLarge"}'
    )
    assert answers == [Answer("error", "Function.ResponseSizeTooLarge", document)]


def test_last_words_wait_for_the_end(dialogue, answers):
    dialogue.hear({"kind": "error", "type": "E", "exits": True}, b"{}")
    assert answers == []
    assert dialogue.release()
    assert answers == [Answer("error", "E", b"{}")]
    assert not dialogue.release()


def test_last_words_of_another_event_are_dropped(dialogue):
    dialogue.hear({"kind": "error", "type": "E", "exits": True}, b"{}")
    dialogue.deliver(invocation({}))
    assert not dialogue.release()
