"""The laws of core/machine.py, tried on event source mappings with random stories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.core.machine import Numbers
from headrace.core.mapping.commands import (
    BatchFinished,
    CreateMapping,
    DeleteMapping,
    FunctionFailed,
    GetMapping,
    LeaseOver,
    Limit,
    ListMappings,
    ListMappingTags,
    NotInvoked,
    Polled,
    PolledMessage,
    Pollers,
    PollFailed,
    Source,
    Succeeded,
    TagMapping,
    Target,
    Throttled,
    TooLarge,
    UntagMapping,
    UpdateMapping,
)
from headrace.core.mapping.effects import InvokeBatch, Poll
from headrace.core.mapping.mappings import Mappings
from headrace.core.mapping.settings import Settings
from headrace.core.mapping.tags import BISECT
from tests.laws.harness import Laws, Life

pytestmark = pytest.mark.slow

ACCOUNT = "123456789012"
REGION = "eu-central-1"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"

OUTCOMES = (
    Succeeded(b"null"),
    Succeeded(b'{"batchItemFailures":[{"itemIdentifier":"id0"}]}'),
    Succeeded(b"no report"),
    FunctionFailed(),
    Throttled(),
    Throttled(Limit.FUNCTION),
    NotInvoked(),
    TooLarge(),
    LeaseOver(),
)
small = st.integers(0, 3)
FILTERS = (
    (),
    ('{"messageId":["id0","id2"]}',),
    ('{"body":{"a":[1]}}',),
    ("no pattern",),
)
steps = st.one_of(
    st.tuples(st.just("create"), small, small, st.booleans(), st.booleans()),
    st.tuples(st.just("update"), small, st.sampled_from([None, True, False]), small),
    st.tuples(st.just("retarget"), small, small),
    st.tuples(st.just("delete"), small),
    st.tuples(st.just("polled"), small, st.integers(0, 12), st.sampled_from([500, 5_000, 90_000])),
    st.tuples(st.just("polled"), small, st.integers(1, 12), st.just(90_000)),
    st.tuples(st.just("polled"), st.just(0), st.integers(1, 12), st.just(90_000)),
    st.tuples(st.just("failed"), small),
    st.tuples(st.just("finished"), small, st.sampled_from(OUTCOMES)),
    st.tuples(st.just("finished"), small, st.just(OUTCOMES[0])),
    st.tuples(st.just("finished"), st.just(0), st.sampled_from(OUTCOMES)),
    st.tuples(st.just("list")),
    st.tuples(st.just("get"), small),
    st.tuples(st.just("tag"), small, small),
    st.tuples(st.just("untag"), small, small),
    st.tuples(st.just("tags"), small),
    st.tuples(st.just("filter"), small, small),
    st.tuples(st.just("provision"), small, small),
)
waits = st.sampled_from([0, 0, 1, 50, 100, 200, 999, 1_000, 7_000, 61_000])
#: Every story starts with two mappings that have settled, so that most of it is about deliveries.
BEGINNING = [
    (0, ("create", 0, 2, False, True)),
    (0, ("create", 1, 1, True, True)),
    (100, ("list",)),
]
stories = st.lists(st.tuples(waits, steps), min_size=8, max_size=40).map(BEGINNING.__add__)


def settings_of(choice: int, is_windowed: bool, function: int) -> Settings:
    return Settings(
        f"{FUNCTION}{function}",
        batch_size=(1, 2, 10, 10)[choice],
        window_s=2 if is_windowed else 0,
        reports_failures=choice == 2,
        maximum_concurrency=2 if choice == 3 else 0,
    )


def newest(life: Life, kind: type, choice: int):
    """One of the newest four effects of a kind: perhaps ended already, and so stale."""
    found = [effect for effect in life.effects if type(effect) is kind]
    return found[-1 - choice % len(found)] if found else None


def one_of(life: Life, choice: int) -> int | None:
    machines = sorted(life.room.machines())
    return machines[choice % len(machines)] if machines else None


def translate(step, life: Life):
    """Return the command that a step means for this room."""
    match step:
        case ("create", queue, choice, is_windowed, enabled):
            settings = settings_of(choice, is_windowed, 0)
            return CreateMapping(
                seed=life.ticket.to_bytes(16),
                account=ACCOUNT,
                region=REGION,
                source=Source(f"{QUEUE}{queue}", 30),
                target=Target(settings.function_arn, "f", 29 + choice),
                settings=settings,
                enabled=enabled,
            )
        case ("polled", choice, count, lease_ms):
            poll = newest(life, Poll, choice)
            return poll and Polled(poll.mapping, poll.poll, messages(count), life.now + lease_ms)
        case ("failed", choice):
            poll = newest(life, Poll, choice)
            return poll and PollFailed(poll.mapping, poll.poll)
        case ("finished", choice, outcome):
            invoke = newest(life, InvokeBatch, choice)
            return invoke and finish(invoke, outcome, choice)
        case ("list",):
            return ListMappings(ACCOUNT, REGION, at_most=2)
    mapping = one_of(life, step[1]) if step is not None else None
    if mapping is None:
        return None
    match step:
        case ("update", _, enabled, choice):
            return UpdateMapping(
                mapping,
                enabled=enabled,
                batch_size=(None, 11, 3, None)[choice],
                window_s=(None, None, 1, 0)[choice],
            )
        case ("retarget", _, function):
            return UpdateMapping(mapping, target=Target(f"{FUNCTION}{function}", "f", 3))
        case ("delete", _):
            return DeleteMapping(mapping)
        case ("tag", _, choice):
            return TagMapping(mapping, {str(choice): "value", BISECT: str(choice > 1).lower()})
        case ("untag", _, choice):
            return UntagMapping(mapping, (str(choice),))
        case ("tags", _):
            return ListMappingTags(mapping)
        case ("filter", _, choice):
            return UpdateMapping(mapping, filters=FILTERS[choice])
        case ("provision", _, choice):
            return UpdateMapping(mapping, pollers=Pollers(choice or None), maximum_concurrency=0)
    return GetMapping(mapping)


def finish(invoke: InvokeBatch, outcome, choice: int) -> BatchFinished:
    """An invoke that ran gives its place back, mostly the account's."""
    ran = isinstance(outcome, Succeeded | FunctionFailed)
    limit = (Limit.ACCOUNT, Limit.ACCOUNT, Limit.FUNCTION, Limit.NONE)[choice]
    return BatchFinished(invoke.mapping, invoke.batch, outcome, limit if ran else Limit.NONE)


def messages(count: int) -> tuple[PolledMessage, ...]:
    return tuple(PolledMessage(f"id{n}", f"h{n}", "b", "s", 1, 2, 1) for n in range(count))


laws = Laws(lambda: Mappings(Numbers()), translate)


@given(stories)
def test_same_story_same_effects(story):
    laws.check_same_story_same_effects(story)


@given(stories)
def test_early_wake_does_nothing(story):
    laws.check_early_wake_does_nothing(story)


@given(stories)
def test_no_deadline_is_left(story):
    laws.check_no_deadline_is_left(story)


@given(stories)
def test_time_does_not_go_back(story):
    laws.check_time_does_not_go_back(story)


@given(stories)
def test_late_is_as_good_as_on_time(story):
    laws.check_late_is_as_good_as_on_time(story)


@given(stories)
def test_refusal_changes_nothing(story):
    laws.check_refusal_changes_nothing(story)


@given(stories, st.lists(st.integers(0, 42), max_size=3))
def test_rebuilt_equals_lived(story, cuts):
    laws.check_rebuilt_equals_lived(story, cuts)


@given(stories)
def test_slots_are_kept_and_every_batch_is_let_go(story):
    """Never more batches out than slots were ever allowed; nothing is left once all have ended."""
    life = laws.live(story)
    waited_ms = sum(wait_ms for wait_ms, _ in story)
    provisioned = any(step is not None and step[0] == "provision" for _, step in story)
    most = 30 + waited_ms // 60 if provisioned else 5 + waited_ms // 200
    for delivery in list(life.room._deliveries.by_mapping.values()):
        hand = delivery._hand
        assert hand.begun <= most
        while hand:
            life.pass_time(100_000)
            for number in list(hand._begun):
                life.ask(BatchFinished(delivery.mapping, number, FunctionFailed()))
        assert hand.size == 0
        assert not hand._ready
        assert not hand._throttled
        assert hand.open is None
    assert life.room._deliveries._turns._waiting == {}


@given(stories)
def test_a_batch_never_runs_twice_at_once(story):
    life = Life(laws.make())
    running = set()
    seen = 0

    def look() -> None:
        nonlocal seen
        for effect in life.effects[seen:]:
            if isinstance(effect, InvokeBatch):
                assert (effect.mapping, effect.batch) not in running
                running.add((effect.mapping, effect.batch))
        seen = len(life.effects)

    for wait_ms, step in story:
        life.pass_time(wait_ms)
        look()
        command = translate(step, life)
        if isinstance(command, BatchFinished):
            running.discard((command.mapping, command.batch))
        if command is not None:
            life.ask(command)
        look()
