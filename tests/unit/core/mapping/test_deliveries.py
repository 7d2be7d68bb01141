"""What all mappings have under way: started and stopped by state, forgotten when it is over."""

import msgspec

from headrace.core.mapping.commands import (
    BatchFinished,
    Limit,
    PlaceFreed,
    Polled,
    Succeeded,
    Throttled,
)
from headrace.core.mapping.decisions import Told
from headrace.core.mapping.deliveries import Deliveries
from headrace.core.mapping.effects import InvokeBatch, Poll
from headrace.core.mapping.mapping import Mapping
from headrace.core.mapping.settings import Settings
from headrace.core.mapping.state import State
from tests.unit.core.mapping.story import FUNCTION, QUEUE, message, messages

NOW = 1_000_000


def mapping(state=State.ENABLED, **changes):
    settings = Settings(FUNCTION, **changes)
    return Mapping("u", "a", "r", QUEUE, settings, settings, state, None, NOW, {})


def running(deliveries, number):
    """Have a batch of one message with the function."""
    (poll,) = deliveries.follow(number, mapping(), NOW)
    polled = Polled(number, poll.poll, messages("a"), NOW + 30_000)
    invoke, _ = done(deliveries.polled(polled, NOW))
    return invoke


def done(effects):
    """Return what is to be done, without what is told."""
    return [effect for effect in effects if not isinstance(effect, Told)]


def test_a_mapping_that_polls_is_asked_for_and_one_that_does_not_is_stopped():
    deliveries = Deliveries()
    assert deliveries.follow(1, mapping(State.DISABLED), NOW) == []
    assert isinstance(deliveries.follow(1, mapping(), NOW)[0], Poll)
    assert len(deliveries.follow(1, None, NOW)) == 1
    assert deliveries.tally(1).polled == deliveries.tally(99).polled == 0


def test_what_speaks_of_unknown_mappings_is_dropped():
    deliveries = Deliveries()
    assert deliveries.polled(Polled(1, 1, messages("a"), NOW), NOW) == []
    assert deliveries.finished(BatchFinished(1, 1, Succeeded(b"")), NOW) == ([], None)
    assert deliveries.wake(1, NOW) == []
    assert deliveries.rest(1, is_gone=True) is None


def test_the_place_of_a_batch_goes_to_another_mapping_and_its_name_is_told():
    deliveries = Deliveries()
    first, second = running(deliveries, 1), running(deliveries, 2)
    deliveries.finished(BatchFinished(2, second.batch, Throttled()), NOW)
    assert deliveries.rest(2, is_gone=False) == NOW + 1_000
    ended = BatchFinished(1, first.batch, Succeeded(b"null"), Limit.ACCOUNT)
    effects, taker = deliveries.finished(ended, NOW)
    given, *_ = done(effects)
    assert taker == 2
    assert (type(given), given.mapping) == (InvokeBatch, 2)
    assert deliveries.rest(2, is_gone=False) is None


def test_a_mapping_that_has_less_and_batches_in_hand_keeps_its_place():
    deliveries = Deliveries()
    (poll,) = deliveries.follow(1, mapping(batch_size=1, maximum_concurrency=2), NOW)
    batches = []

    def tell(effects):
        nonlocal poll
        poll = next((effect for effect in effects if isinstance(effect, Poll)), poll)
        batches.extend(effect.batch for effect in effects if isinstance(effect, InvokeBatch))

    for names in ("a", "b", "cde"):
        if len(batches) == 2:
            tell(deliveries.finished(BatchFinished(1, batches.pop(), Succeeded(b"null")), NOW)[0])
        tell(deliveries.polled(Polled(1, poll.poll, messages(*names), NOW + 30_000), NOW))
    tell(deliveries.finished(BatchFinished(1, batches.pop(), Succeeded(b"null")), NOW)[0])
    assert len(batches) == 2
    assert deliveries.by_mapping[1].has_more  # one waits, and a receive is out

    (other,) = deliveries.follow(2, mapping(batch_size=1), NOW)
    for name in "fgh":
        polled = Polled(2, other.poll, messages(name), NOW + 30_000)
        *_, other = done(deliveries.polled(polled, NOW))
    deliveries.finished(BatchFinished(2, 1, Throttled()), NOW)
    deliveries.rest(2, is_gone=False)
    ended = BatchFinished(1, batches.pop(), Succeeded(b"null"), Limit.ACCOUNT)
    effects, taker = deliveries.finished(ended, NOW)
    assert taker is None
    assert [effect.mapping for effect in effects if isinstance(effect, InvokeBatch)] == [1]


def test_a_mapping_that_is_gone_waits_for_nothing_once_its_last_batch_has_ended():
    deliveries = Deliveries()
    invoke = running(deliveries, 1)
    deliveries.follow(1, None, NOW)
    deliveries.polled(Polled(1, 2, (), NOW), NOW)
    deliveries.rest(1, is_gone=True)
    assert 1 in deliveries.by_mapping
    deliveries.finished(BatchFinished(1, invoke.batch, Succeeded(b"null")), NOW)
    deliveries.rest(1, is_gone=True)
    assert deliveries.by_mapping == {}


def test_tags_rule_at_once():
    deliveries = Deliveries()
    bisecting = {"headrace:bisect": "true"}
    deliveries.follow_tags(1, bisecting)
    deliveries.follow(1, msgspec.structs.replace(mapping(), tags=bisecting), NOW)
    assert deliveries.by_mapping[1].bisects
    deliveries.follow_tags(1, {})
    assert not deliveries.by_mapping[1].bisects


def test_a_place_that_no_mapping_had_goes_to_who_waits_under_its_limit():
    deliveries = Deliveries()
    assert not deliveries.has_waiting
    batch = running(deliveries, 1)
    deliveries.take(BatchFinished(1, batch.batch, Throttled(Limit.FUNCTION)), NOW)
    deliveries.rest(1, is_gone=False)
    assert deliveries.has_waiting
    assert deliveries.take(PlaceFreed(FUNCTION, Limit.ACCOUNT), NOW) == ([], [])
    effects, changed = deliveries.take(PlaceFreed(FUNCTION, Limit.FUNCTION), NOW)
    (given,) = done(effects)
    assert changed == [1]
    assert (type(given), given.mapping) == (InvokeBatch, 1)
    deliveries.rest(1, is_gone=False)
    assert not deliveries.has_waiting
    assert deliveries.take(PlaceFreed(FUNCTION, Limit.FUNCTION), NOW) == ([], [])


def test_when_all_together_have_much_only_who_has_nothing_receives(monkeypatch):
    monkeypatch.setattr("headrace.core.mapping.hand.ALL_IN_HAND_BYTES_MAX", 1_000)
    deliveries = Deliveries()
    (first,), (second,) = (deliveries.follow(number, mapping(), NOW) for number in (1, 2))
    heavy = tuple(message(name, "x" * 600) for name in "ab")
    effects = done(deliveries.polled(Polled(1, first.poll, heavy, NOW + 30_000), NOW))
    assert [type(effect) for effect in effects] == [InvokeBatch]
    (third,) = deliveries.follow(3, mapping(), NOW)  # has nothing
    light = Polled(2, second.poll, messages("c"), NOW + 30_000)
    assert [type(effect) for effect in done(deliveries.polled(light, NOW))] == [InvokeBatch]
    ended, _ = deliveries.finished(BatchFinished(1, 1, Succeeded(b"null")), NOW)
    assert Poll in map(type, ended)
    ended, _ = deliveries.finished(BatchFinished(2, 1, Succeeded(b"null")), NOW)
    assert Poll in map(type, ended)
    assert isinstance(third, Poll)
