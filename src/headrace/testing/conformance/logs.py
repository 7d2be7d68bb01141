"""What every log store must do; run each check with a fresh one.

@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check, tmp_path):
    asyncio.run(check(MyLogStore(tmp_path)))
"""

import random

import msgspec

from headrace.core.logs.events import EventPage, EventQuery, GroupKey, StoredEvent
from headrace.ports.logs import LogStore

GROUP = GroupKey(16, "/aws/lambda/f")
#: Same name, another group: what was deleted and made again.
ANEW = GroupKey(17, "/aws/lambda/f")
STREAM = "2026/11/28/[$LATEST]0123456789abcdef0123456789abcdef"
AT = 1_795_000_000_000

ALL = EventQuery(limit=10_000, bytes_max=1 << 30, searched_bytes_max=1 << 30)

_replace = msgspec.structs.replace


def query(**changes: object) -> EventQuery:
    """Return a query for everything, with changes."""
    return _replace(ALL, **changes)


async def found(store: LogStore, group: GroupKey = GROUP, **changes: object) -> list[str]:
    """Return the messages of a query for everything, with changes."""
    return messages(await store.find(group, query(**changes)))


def messages(page: EventPage) -> list[str]:
    """Return the messages of a page."""
    return [event.message for event in page.events]


async def lines_are_events(store: LogStore) -> None:
    """Each line is an event of the instant at which it came; empty ones are none."""
    store.write(GROUP, STREAM, AT, b"first\nsecond\n")
    store.write(GROUP, STREAM, AT + 5, b"\n\nthird\\r\rwith\t tabs \n")
    page = await store.find(GROUP, ALL)
    assert messages(page) == ["first\n", "second\n", "third\\r\rwith\t tabs \n"]
    assert [event.at for event in page.events] == [AT, AT, AT + 5]
    assert {event.stream for event in page.events} == {STREAM}
    assert all(event.ingested_at == event.at for event in page.events)
    assert page.reached is None
    ids = [event.id for event in page.events]
    assert ids == sorted(set(ids))
    assert all(len(str(id)) <= 56 for id in ids)
    assert await store.find(GROUP, ALL) == page
    assert await found(store, GroupKey(99, "/other")) == []
    store.write(GROUP, "nothing", AT, b"\n\n")
    assert [one.name for one in await store.streams(GROUP)] == [STREAM]
    await store.close()


async def any_message_comes_back_as_it_went(store: LogStore) -> None:
    """Line ends, bars, digits, other scripts: a message is its bytes."""
    given = [
        "plain",
        "ends\n",
        "\n",
        "a\nb",
        "a\n\tb\n\n",
        "|",
        " x",
        "1795000000000 0 x",
        "żółć\r\n",
    ]
    assert await store.create_stream(GROUP, STREAM, AT)
    assert await store.put(GROUP, STREAM, AT + 50, [(AT, message) for message in given])
    page = await store.find(GROUP, ALL)
    assert messages(page) == given
    assert {(event.at, event.ingested_at) for event in page.events} == {(AT, AT + 50)}
    await store.close()


async def events_of_all_streams_come_in_the_order_of_their_instants(store: LogStore) -> None:
    """Whatever stream they are in and whenever they came."""
    await store.create_stream(GROUP, "late", AT)
    await store.create_stream(GROUP, "early", AT)
    await store.put(GROUP, "late", AT + 9, [(AT + 4, "d"), (AT + 6, "f")])
    await store.put(GROUP, "early", AT + 9, [(AT + 1, "a"), (AT + 5, "e")])
    await store.put(GROUP, "late", AT + 9, [(AT + 2, "b"), (AT + 3, "c")])
    assert await found(store) == list("abcdef")
    assert await found(store, descending=True) == list("fedcba")
    assert await found(store, since=AT + 2, until=AT + 5) == list("bcde")
    assert await found(store, streams=frozenset({"late", "absent"})) == list("bcdf")
    assert await found(store, prefix="ear") == list("ae")
    assert await found(store, matches=lambda message: message in "ace") == list("ace")
    await store.close()


async def pages_join_without_gap_or_repetition(store: LogStore) -> None:
    """In both directions, whatever ends a page: events, bytes, or what was searched."""
    luck = random.Random(7)
    for number in range(300):
        stream = luck.choice(("a", "b", "c"))
        store.write(GROUP, stream, AT + number // 10, b"%d\n" % number)
    whole = await store.find(GROUP, ALL)
    assert len(whole.events) == 300
    for bounds in ({"limit": 7}, {"bytes_max": 200}, {"searched_bytes_max": 300}):
        for descending in (False, True):
            pages: list[StoredEvent] = []
            at: dict[str, object] = {}
            while True:
                page = await store.find(GROUP, query(descending=descending, **bounds, **at))
                pages += page.events
                if page.reached is None:
                    break
                at = {"before" if descending else "after": page.reached}
            assert pages == (list(whole.events)[::-1] if descending else list(whole.events))
    await store.close()


async def a_page_may_be_empty_and_still_lead_on(store: LogStore) -> None:
    """What was searched is bounded, and what comes behind is found by the next page."""
    for number in range(50):
        store.write(GROUP, STREAM, AT + number, b"%d\n" % number)
    only_last = query(searched_bytes_max=500, matches=lambda message: message == "49\n")
    page = await store.find(GROUP, only_last)
    assert page.events == ()
    pages = 0
    while page.reached is not None:
        page = await store.find(GROUP, _replace(only_last, after=page.reached))
        pages += 1
    assert messages(page) == ["49\n"]
    assert pages > 1
    await store.close()


async def streams_tell_of_their_events(store: LogStore) -> None:
    """By name, with the instants of their events; an empty one has none."""
    store.write(GROUP, "b", AT + 1, b"x\n")
    store.write(GROUP, "b", AT + 3, b"y\n")
    await store.create_stream(GROUP, "a", AT)
    await store.create_stream(GROUP, "c", AT)
    await store.put(GROUP, "c", AT + 9, [(AT + 2, "z")])
    empty, written, put = await store.streams(GROUP)
    assert (empty.name, empty.created_at) == ("a", AT)
    assert (empty.first_at, empty.last_at, empty.last_ingested_at) == (None, None, None)
    assert (written.name, written.created_at) == ("b", AT + 1)
    assert (written.first_at, written.last_at, written.last_ingested_at) == (AT + 1, AT + 3, AT + 3)
    assert (put.first_at, put.last_at, put.last_ingested_at) == (AT + 2, AT + 2, AT + 9)
    assert await store.stored_bytes(GROUP) > 0
    await store.close()


async def streams_are_made_once_and_written_only_if_they_are_there(store: LogStore) -> None:
    """And gone when they are deleted."""
    assert await store.create_stream(GROUP, "s", AT)
    assert not await store.create_stream(GROUP, "s", AT)
    assert await store.has_stream(GROUP, "s")
    assert not await store.has_stream(GROUP, "absent")
    assert not await store.put(GROUP, "absent", AT, [(AT, "x")])
    assert await store.put(GROUP, "s", AT, [(AT, "x")])
    assert await store.delete_stream(GROUP, "s")
    assert not await store.delete_stream(GROUP, "s")
    assert not await store.has_stream(GROUP, "s")
    assert await found(store) == []
    assert not await store.put(GROUP, "s", AT, [(AT, "x")])
    assert await store.create_stream(GROUP, "s", AT)
    assert await found(store) == []
    await store.close()


async def a_group_that_is_made_again_begins_empty(store: LogStore) -> None:
    """Its number is another one, though its name is the same."""
    store.write(GROUP, STREAM, AT, b"old\n")
    await store.drop(GROUP)
    assert await store.streams(GROUP) == []
    store.write(ANEW, STREAM, AT, b"new\n")
    assert await found(store, GROUP) == []
    assert await found(store, ANEW) == ["new\n"]
    await store.close()


async def names_of_any_kind_are_kept_apart(store: LogStore) -> None:
    """Long ones, dots, slashes, at signs, percent signs."""
    names = [".", "..", "../x", "a@1", "a", "a%401", "$LATEST", "[1]", "x" * 512, "x" * 511 + "y"]
    for number, name in enumerate(names):
        assert await store.create_stream(GROUP, name, AT)
        await store.put(GROUP, name, AT, [(AT, str(number))])
    assert [one.name for one in await store.streams(GROUP)] == sorted(names)
    for number, name in enumerate(names):
        assert await found(store, streams=frozenset({name})) == [str(number)]
    await store.close()


CHECKS = (
    lines_are_events,
    any_message_comes_back_as_it_went,
    events_of_all_streams_come_in_the_order_of_their_instants,
    pages_join_without_gap_or_repetition,
    a_page_may_be_empty_and_still_lead_on,
    streams_tell_of_their_events,
    streams_are_made_once_and_written_only_if_they_are_there,
    a_group_that_is_made_again_begins_empty,
    names_of_any_kind_are_kept_apart,
)
