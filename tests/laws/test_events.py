"""The laws of core/machine.py for asynchronous invokes; and that none is lost or handled twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.core.functions import limits
from headrace.core.functions.commands import (
    AcceptEvent,
    CreateAlias,
    CreateFunction,
    DeleteAlias,
    DeleteFunction,
    DeleteInvokeConfig,
    EventEnded,
    EventSent,
    Invoke,
    InvokeEnded,
    MoveEvents,
    PublishVersion,
    ReserveConcurrency,
    SetInvokeConfig,
)
from headrace.core.functions.effects import RunEvent, RunInvoke, SendResult, StartEnvironment
from headrace.core.functions.errors import ResourceNotFound, ServiceException, account_is_busy
from headrace.core.functions.eventbody import Envelope, encode_body
from headrace.core.functions.functions import Functions
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.replies import Invoked
from headrace.core.functions.settings import Code
from headrace.core.machine import Numbers
from tests.laws.harness import Laws, state_of
from tests.unit.core.functions.bench import PYTHON, SEED, reference, settings_with

NAMES = ("a", "b")
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:q"
LETTERS = "arn:aws:sqs:eu-central-1:123456789012:dead"
QUALIFIERS = (None, None, "live", "1")


@pytest.fixture(scope="module", autouse=True)
def tight_limits():
    """Limits that short stories come up against."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "CONCURRENCY_MAX", 4)
        patch.setattr(limits, "UNRESERVED_MIN", 1)
        patch.setattr(limits, "EVENTS_IN_HAND_MAX", 3)
        patch.setattr(limits, "EVENTS_LOOKED_AT", 2)
        yield


def under_way(life, kind):
    """Return the effects of a kind that the shell still has to answer, oldest first."""
    answered = life.__dict__.setdefault("answered", set())
    found = [one for one in life.effects if isinstance(one, kind) and id(one) not in answered]
    return found, answered


def ended(life, number):
    """Return how the shell tells of one of the attempts."""
    found, answered = under_way(life, RunEvent)
    if not found:
        return None
    one = found[number % len(found)]
    answered.add(id(one))
    values = (
        Invoked("r", "$LATEST", b"1"),
        Invoked("r", "$LATEST", b"{}", "Unhandled"),
        Invoked("r", "$LATEST", b"{}", "Unhandled"),
        account_is_busy(),
        ServiceException("no"),
        ResourceNotFound("gone"),
    )
    return EventEnded(one.function, one.event, life.next_block, values[number % len(values)])


def moved(life, number):
    """Return a compaction of all blocks but the last."""
    bodies = life.room.relocate(frozenset(range(1, life.block)))
    holders = sorted({holder for holder, _ in bodies})
    if not holders:
        return None
    chosen = holders[number % len(holders)]
    mine = tuple((a.block, a.machine, a.number) for holder, a in bodies if holder == chosen)
    return MoveEvents(chosen, life.next_block, mine)


def translate(step, life):
    """Return the command of a step: (what, name, number)."""
    if step is None:
        return None
    what, name, number = step
    qualifier = QUALIFIERS[number % len(QUALIFIERS)]
    target, named = reference(name), reference(name, qualifier)
    seed = bytes([number]) * 16
    match what:
        case "create":
            letters = LETTERS if number % 2 else ""
            settings = settings_with(dead_letter_arn=letters)
            code = Code(f"{number:064x}", number)
            return CreateFunction(target, settings, code, {}, SEED, publish=True)
        case "delete":
            return DeleteFunction(target)
        case "delete version":
            return DeleteFunction(reference(name, "1"))
        case "publish":
            return PublishVersion(target, seed)
        case "alias":
            return CreateAlias(target, "live", "1", seed)
        case "delete alias":
            return DeleteAlias(target, "live")
        case "accept":
            body = encode_body(Envelope(f"request-{number}", b"{}"))
            return AcceptEvent(named, life.next_block, body)
        case "ended":
            return ended(life, number)
        case "moved":
            return moved(life, number)
        case "sent":
            found, answered = under_way(life, SendResult)
            if not found:
                return None
            one = found[number % len(found)]
            answered.add(id(one))
            again = number % 3 == 0
            return EventSent(one.function, one.event, one.target, one.is_dead_letter, again)
        case "invoke":
            found, _ = under_way(life, RunEvent)
            event = found[0].event if found and number % 2 else None
            return Invoke(target, b"{}", f"request-{number}", event=event)
        case "reserve":
            return ReserveConcurrency(target, (None, 0, 1, 2)[number % 4])
        case "configure":
            given = QUEUE if number % 2 else ""
            age_s = 60 if number == 9 else None
            return SetInvokeConfig(named, number % 3, age_s, given, given, False)
        case "deconfigure":
            return DeleteInvokeConfig(named)
    assert what == "ran"
    started = [e.environment for e in life.effects if isinstance(e, RunInvoke | StartEnvironment)]
    if not started:
        return None
    return InvokeEnded(started[number % len(started)], Ending.ANSWERED, payload=b"1")


WHAT = (
    ["create"] * 2
    + ["accept"] * 6
    + ["ended"] * 6
    + ["sent", "sent", "moved", "invoke", "invoke", "ran", "reserve", "configure", "configure"]
    + ["deconfigure", "publish", "alias", "delete", "delete version", "delete alias"]
)
steps = st.tuples(st.sampled_from(WHAT), st.sampled_from(NAMES), st.integers(0, 9))
waits = st.sampled_from([0, 0, 1, 999, 1_000, 2_000, 60_000, 120_000, 300_000, 21_600_001])
stories = st.lists(st.tuples(waits, st.one_of(st.none(), steps)), max_size=30)
#: Stories that have a function with something to send and an event from the first instant.
busy_stories = stories.map(
    lambda story: [
        (0, ("create", "a", 1)),
        (0, ("configure", "a", 1)),
        (0, ("accept", "a", 0)),
        (0, ("accept", "a", 1)),
        *story,
    ]
)


class EventLaws(Laws):
    """A rebuilt room equals the other before it resumes: then it tries what that one has tried."""

    def compare(self, life, room):
        assert state_of(room) == state_of(life.room)
        assert room.count_bodies() == life.room.count_bodies()
        room.resume(life.now)
        while (due := room.next_deadline()) is not None and due <= life.now:
            room.wake(life.now, 1)


LAWS = EventLaws(lambda: Functions(Numbers(), [PYTHON]), translate)


@given(busy_stories)
def test_the_same_story_has_the_same_effects(story):
    LAWS.check_same_story_same_effects(story)


@given(busy_stories)
def test_waking_early_does_nothing(story):
    LAWS.check_early_wake_does_nothing(story)


@given(busy_stories)
def test_no_deadline_is_left(story):
    LAWS.check_no_deadline_is_left(story)


@given(busy_stories)
def test_time_does_not_go_back(story):
    LAWS.check_time_does_not_go_back(story)


@given(busy_stories)
def test_waking_late_is_as_good_as_waking_on_time(story):
    LAWS.check_late_is_as_good_as_on_time(story)


@given(busy_stories)
def test_a_refusal_changes_nothing(story):
    LAWS.check_refusal_changes_nothing(story)


@given(busy_stories)
def test_bodies_are_counted(story):
    LAWS.check_bodies_are_counted(story)


@given(busy_stories, st.lists(st.integers(0, 30), max_size=3))
def test_a_rebuilt_room_equals_the_one_that_lived(story, cuts):
    LAWS.check_rebuilt_equals_lived(story, cuts)


@given(busy_stories)
def test_every_event_is_under_way_or_has_its_moment(story):
    life = LAWS.live(story)
    events = life.room.events
    for function, log in events.logs.items():
        hand = events._hands[function]
        waiting = set(hand.due) | hand.running
        untried = {n for n in range(log.first_untried(), log.next_number) if log.is_untried(n)}
        untried |= {number for number, event in log.tried.items() if event.ending is None}
        beyond = {number for number in untried if number >= hand.cursor}
        assert waiting | beyond == untried
        if untried - hand.running:
            busy = len(hand.running) + len(hand.faults) >= limits.EVENTS_IN_HAND_MAX
            assert busy or function in events._waits.alarms, "an event that nobody looks at again"
