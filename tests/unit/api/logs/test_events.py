"""GetLogEvents forward and backward to where its tokens stand still; FilterLogEvents to its end."""

import asyncio

import pytest

from headrace.api.logs.events import (
    events_filtered,
    events_given,
    events_got,
    events_put,
    filter_query,
    get_query,
)
from headrace.core.logs.batches import Batch
from headrace.core.logs.errors import InvalidParameter
from headrace.core.logs.events import GroupKey
from headrace.core.logs.limits import SEARCHED_BYTES_MAX
from headrace.store.logs.memory import MemoryLogStore

GROUP = GroupKey(16, "/g")
AT = 1_795_000_000_000


@pytest.fixture
def store():
    store = MemoryLogStore()
    for number in range(7):
        store.write(GROUP, "s", AT + number, b"%d\n" % number)
    return store


def get(store, **parameters):
    """Return messages and both tokens of a GetLogEvents."""
    query = get_query({"logStreamName": "s", **parameters}, 0)
    answer = events_got(query, asyncio.run(store.find(GROUP, query)))
    text = "".join(event["message"].strip() for event in answer["events"])
    return text, answer["nextForwardToken"], answer["nextBackwardToken"]


def filtered(store, **parameters):
    """Return the answer to a FilterLogEvents."""
    query = filter_query(parameters, 0)
    return events_filtered(asyncio.run(store.find(GROUP, query)))


def test_forward_from_the_head_to_where_the_token_stays(store):
    text, forward, _ = get(store, limit=3, startFromHead=True)
    assert text == "012"
    text, forward, _ = get(store, limit=3, nextToken=forward)
    assert text == "345"
    text, forward, _ = get(store, limit=3, nextToken=forward)
    assert text == "6"
    text, again, _ = get(store, limit=3, nextToken=forward)
    assert (text, again) == ("", forward)
    store.write(GROUP, "s", AT + 9, b"9\n")
    assert get(store, limit=3, nextToken=forward)[0] == "9"


def test_backward_from_the_tail_to_where_the_token_stays(store):
    text, _, backward = get(store, limit=3)
    assert text == "456"
    text, _, backward = get(store, limit=3, nextToken=backward)
    assert text == "123"
    text, _, backward = get(store, limit=3, nextToken=backward)
    assert text == "0"
    text, forward, again = get(store, limit=3, nextToken=backward)
    assert (text, again) == ("", backward)
    assert get(store, limit=3, nextToken=forward)[0] == "012"


def test_at_the_end_the_way_back_begins_with_the_last_event(store):
    _, forward, _ = get(store, startFromHead=True)
    _, _, backward = get(store, nextToken=forward)
    assert get(store, limit=2, nextToken=backward)[0] == "56"


def test_an_empty_stream_has_tokens_that_lead_to_what_comes():
    store = MemoryLogStore()
    text, forward, _ = get(store)
    assert text == ""
    store.write(GROUP, "s", AT, b"x\n")
    assert get(store, nextToken=forward)[0] == "x"


def test_the_end_of_get_is_exclusive_and_that_of_filter_is_not(store):
    assert get(store, startTime=AT + 1, endTime=AT + 3)[0] == "12"
    events = filtered(store, startTime=AT + 1, endTime=AT + 3)["events"]
    assert [event["timestamp"] - AT for event in events] == [1, 2, 3]


def test_filtered_events_have_all_members_and_pages_end(store):
    answer = filtered(store, limit=4)
    first = answer["events"][0]
    assert len(first.pop("eventId")) == 56
    assert first == {
        "logStreamName": "s",
        "timestamp": AT,
        "message": "0\n",
        "ingestionTime": AT,
    }
    assert answer["searchedLogStreams"] == []
    last = filtered(store, limit=4, nextToken=answer["nextToken"])
    assert [event["message"] for event in last["events"]] == ["4\n", "5\n", "6\n"]
    assert "nextToken" not in last
    ids = [event["eventId"] for event in last["events"]]
    assert ids == sorted(set(ids))


def test_filter_goes_from_the_newest_if_asked(store):
    answer = filtered(store, limit=4, startFromHead=False)
    assert [event["message"] for event in answer["events"]] == ["6\n", "5\n", "4\n", "3\n"]
    last = filtered(store, startFromHead=False, nextToken=answer["nextToken"])
    assert [event["message"] for event in last["events"]] == ["2\n", "1\n", "0\n"]


def test_patterns_names_and_prefixes_choose(store):
    store.write(GROUP, "t", AT, b"other\n")
    assert [one["message"] for one in filtered(store, filterPattern="?1 ?3")["events"]] == [
        "1\n",
        "3\n",
    ]
    assert len(filtered(store, logStreamNames=["t"])["events"]) == 1
    assert len(filtered(store, logStreamNamePrefix="s")["events"]) == 7
    with pytest.raises(InvalidParameter, match="Only one of logStreamNames"):
        filter_query({"logStreamNames": ["s"], "logStreamNamePrefix": "s"}, 0)


def test_what_the_group_does_not_keep_is_not_asked_for():
    assert get_query({"logStreamName": "s", "startTime": 3}, 5).since == 5
    assert filter_query({"startTime": 7}, 5).since == 7


@pytest.mark.parametrize("token", ["x", "ZXZlbnRzOngx", "ZXZlbnRzOg=="])
def test_bad_tokens_are_refused(token):
    with pytest.raises(InvalidParameter, match="The specified nextToken is invalid"):
        filter_query({"nextToken": token}, 0)
    with pytest.raises(InvalidParameter, match="The specified nextToken is invalid"):
        get_query({"logStreamName": "s", "nextToken": token}, 0)


def test_a_put_tells_what_it_did_not_take():
    given = [{"timestamp": 1, "message": "a"}, {"timestamp": 2, "message": "b"}]
    assert events_given({"logEvents": given}) == [(1, "a"), (2, "b")]
    assert events_put(Batch(()), 5) == {"nextSequenceToken": f"{5:056d}"}
    assert events_put(Batch((), 1, 2, 0), 5)["rejectedLogEventsInfo"] == {
        "tooOldLogEventEndIndex": 1,
        "expiredLogEventEndIndex": 2,
        "tooNewLogEventStartIndex": 0,
    }


def test_a_pattern_of_many_conditions_has_less_searched_for_a_page():
    one, three = (
        filter_query({"filterPattern": pattern}, 0).searched_bytes_max
        for pattern in ("{ $.a = 1 }", "{ $.a = 1 || $.b = 2 || $.c = 3 }")
    )
    assert (one, three) == (SEARCHED_BYTES_MAX, SEARCHED_BYTES_MAX // 3)
