"""A streamed answer is passed on, counted, and held while its taker is full."""

from headrace.sandbox import limits
from headrace.sandbox.answerflow import AnswerFlow
from tests.unit.sandbox.bench import Stream, Valve


def test_pieces_are_passed_on_as_they_come():
    stream, valve = Stream(), Valve()
    flow = AnswerFlow(stream, valve)
    flow.begin("text/plain")
    flow.add(b"a")
    flow.add(b"b")
    assert (stream.content_type, stream.pieces, valve.turns) == ("text/plain", [b"a", b"b"], [])


def test_the_source_is_held_once_until_there_is_room():
    stream, valve = Stream(), Valve()
    flow = AnswerFlow(stream, valve)
    stream.is_full = True
    flow.add(b"a")
    flow.add(b"b")  # It was on its way.
    assert valve.turns == ["hold"]
    stream.make_room()
    assert valve.turns == ["hold", "go on"]
    stream.is_full = True
    flow.add(b"c")
    assert (valve.turns[2:], stream.pieces) == (["hold"], [b"a", b"b", b"c"])


def test_a_source_whose_answer_is_whole_is_not_held_for_a_slow_taker():
    stream, valve = Stream(), Valve()
    flow = AnswerFlow(stream, valve)
    flow.close()
    assert valve.turns == []
    stream.is_full = True
    flow.add(b"a")
    flow.close()
    assert valve.turns == ["hold", "go on"]
    stream.make_room()  # The source may be held for another by now.
    assert valve.turns == ["hold", "go on"]


def test_what_is_beyond_the_limit_is_lost_and_told(monkeypatch):
    monkeypatch.setattr(limits, "STREAM_BYTES_MAX", 5)
    stream = Stream()
    flow = AnswerFlow(stream, Valve())
    flow.add(b"12345")
    assert not flow.is_too_large
    flow.add(b"6")
    flow.add(b"7")
    assert flow.is_too_large
    assert stream.pieces == [b"12345"]
