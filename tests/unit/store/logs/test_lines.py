"""The bytes of a file of events, written down."""

import pytest

from headrace.core.logs.events import StoredEvent
from headrace.store.logs.lines import (
    Head,
    Place,
    event_of,
    head_line,
    instant_of,
    least_id,
    lines_of,
    parse,
    read_head,
)

AT = 1_795_000_000_123


def test_the_bytes_stay_as_they_were_first_written():
    data = (
        head_line("2026/11/18/[$LATEST]f00", AT, ordered=True)
        + lines_of(b"START\n\nhello\n", AT)
        + event_of(AT, AT + 5, "no end")
        + event_of(AT, AT - 2, "two\nlines\n")
    )
    assert data == (
        b'#headrace-log 1 {"stream":"2026/11/18/[$LATEST]f00","created_at":1795000000123,'
        b'"ordered":true}\n'
        b"1795000000123 0 START\n"
        b"1795000000123 0 hello\n"
        b"1795000000123 5|no end\n"
        b"1795000000123 -2 two\n\tlines\n"
    )
    head, rest = data[: data.index(b"\n") + 1], data[data.index(b"\n") + 1 :]
    assert read_head(head) == Head("2026/11/18/[$LATEST]f00", AT, ordered=True)
    events = list(parse(Place("s", 1), rest, len(head)))
    assert [(event.message, event.ingested_at - event.at) for event in events] == [
        ("START\n", 0),
        ("hello\n", 0),
        ("no end", 5),
        ("two\nlines\n", -2),
    ]


@pytest.mark.parametrize("text", [b"", b"\n", b"\n\n\n"])
def test_empty_lines_are_no_events(text):
    assert lines_of(text, AT) == b""
    assert lines_of(text + b"a\n" + text + b"b" + text, 7) == b"7 0 a\n7 0 b\n"


def test_lines_of_one_event_stay_together():
    """lambda.md L-A99: what a client writes as one frame is one event, to its last byte."""
    text = b"one\n\xfftwo\xfflines\nno\xffend\xff\n\xff\nlast\n"
    data = lines_of(text, 7)
    assert data == b"7 0 one\n7 0 \n\ttwo\n\tlines\n7 0|no\n\tend\n7 0 last\n"
    messages = [event.message for event in parse(Place("s", 1), data, 0)]
    assert messages == ["one\n", "\ntwo\nlines\n", "no\nend", "last\n"]


def test_what_is_no_event_is_left_out():
    data = b"1795000000123 0 one\ncut sho\n\torphan\n1795000000124 0 two\n1795000000125 0 unfini"
    assert [event.message for event in parse(Place("s", 1), data, 0)] == ["one\n", "two\n"]


def test_files_of_older_servers_have_lines_only():
    data = b"START RequestId: 1\n\n1795000000123 0 a line that looks like ours\n"
    assert list(parse(Place("s", 0, plain_at=7), data, 0)) == [
        StoredEvent(events_id(7, 0), "s", 7, 7, "START RequestId: 1\n"),
        StoredEvent(events_id(7, 20), "s", 7, 7, "1795000000123 0 a line that looks like ours\n"),
    ]
    assert read_head(b"START RequestId: 1\n") is None
    assert read_head(b"#headrace-log 1 no json\n") is None
    assert read_head(b"#headrace-log 1 {") is None


def events_id(at, offset):
    """Return the id of an event of a plain file of the stream s."""
    (event,) = parse(Place("s", 0, plain_at=at), b"x\n", offset)
    return event.id


def test_ids_go_by_instant_then_stream_then_place():
    def id_of(stream, segment, at, offset):
        (event,) = parse(Place(stream, segment), b"%d 0 x\n" % at, offset)
        return event.id

    assert id_of("a", 1, AT, 0) < id_of("a", 1, AT, 10) < id_of("a", 2, AT, 0)
    assert id_of("a", 999_999, AT, 10**15) < id_of("a", 1, AT + 1, 0)
    assert id_of("a", 1, AT, 0) != id_of("b", 1, AT, 0)
    assert instant_of(id_of("a", 3, AT, 77)) == AT
    assert least_id(AT) < id_of("a", 1, AT, 0) < least_id(AT + 1)
