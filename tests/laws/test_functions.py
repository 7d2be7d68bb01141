"""The laws of core/machine.py for the room of functions, and that every invoke is answered once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.core.functions import limits
from headrace.core.functions.accesscommands import (
    AddPermission,
    CreateUrl,
    DeletePolicy,
    DeleteUrl,
    Grant,
    RemovePermission,
    UpdateUrl,
)
from headrace.core.functions.commands import (
    AddLayerPermission,
    CreateAlias,
    CreateFunction,
    DeleteAlias,
    DeleteFunction,
    DeleteLayerVersion,
    EnvironmentGone,
    EnvironmentStarted,
    Invoke,
    InvokeEnded,
    ProvisionConcurrency,
    PublishLayerVersion,
    PublishVersion,
    RemoveLayerPermission,
    ReserveConcurrency,
    TagFunction,
    TemplatePrepared,
    UnprovisionConcurrency,
    UntagFunction,
    UpdateAlias,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
)
from headrace.core.functions.effects import (
    PrepareTemplate,
    RunInvoke,
    StartEnvironment,
    StopEnvironment,
)
from headrace.core.functions.function import NO_TEMPLATE, deployment
from headrace.core.functions.functions import Functions
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import Code, Image
from headrace.core.machine import Numbers
from tests.laws.harness import Laws, Life
from tests.unit.core.functions.bench import ACCOUNT, PYTHON, SEED, reference, settings_with
from tests.unit.core.functions.layerbench import layer


@pytest.fixture(scope="module", autouse=True)
def tight_limits():
    """Limits that short stories come up against."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "STARTING_MAX", 2)
        patch.setattr(limits, "ENVIRONMENTS_MAX", 3)
        patch.setattr(limits, "CONCURRENCY_MAX", 6)
        patch.setattr(limits, "UNRESERVED_MIN", 2)
        patch.setattr(limits, "AHEAD_MAX", 2)
        yield


NAMES = ("a", "b")
INIT_ENDINGS = (Ending.OK, Ending.OK, Ending.OK, Ending.ERROR, Ending.REFUSED, Ending.TIMED_OUT)
INVOKE_ENDINGS = (
    Ending.ANSWERED,
    Ending.LOST,
    Ending.STALE,
    Ending.ERROR,
    Ending.EXITED,
    Ending.TIMED_OUT,
)


def in_state(life, kind, over):
    """Return environments for which an effect of a kind came last, oldest first."""
    ids = {}
    for effect in life.effects:
        if isinstance(effect, (StartEnvironment, RunInvoke, StopEnvironment)):
            ids[effect.environment] = type(effect)
    return [id for id, last in ids.items() if last is kind and (id, kind) not in over]


def translate(step, life):
    """Return the command of a step: (what, name, number)."""
    if step is None:
        return None
    what, name, number = step
    target = reference(name)
    settings = settings_with(timeout_s=number + 1)
    if number == 9:
        settings = settings_with(runtime="python3.12", snap_start="PublishedVersions")
    seed = bytes([number]) * 16
    version = str(number % 3 + 1)
    code = Code(f"{number:064x}", number)
    if number == 8:
        code = Code(f"{number:064x}", 0, folder="/hot")
    if number == 7:
        settings = settings_with(package_type="Image", runtime="", handler="")
        code = Code(f"{number:064x}", 0, image=Image("oci:/a", "oci:/a@sha256:7", ""))
    over = life.__dict__.setdefault("over", set())
    match what:
        case "create":
            return CreateFunction(target, settings, code, {}, SEED, publish=number % 3 == 0)
        case "update code":
            return UpdateFunctionCode(target, code, seed, publish=number % 3 == 0)
        case "update settings":
            return UpdateFunctionConfiguration(target, settings, seed)
        case "delete":
            return DeleteFunction(target)
        case "invoke":
            return Invoke(target, b"{}", f"request-{number}")
        case "invoke another":
            named = reference(name, version if number % 2 else "live")
            return Invoke(named, b"{}", f"request-{number}")
        case "publish":
            return PublishVersion(target, seed)
        case "delete version":
            return DeleteFunction(reference(name, version))
        case "alias":
            weights = {str(number % 2 + 1): 300_000_000} if number % 2 else {}
            return CreateAlias(target, "live", version, seed, weights=weights)
        case "move alias":
            return UpdateAlias(target, "live", seed, version)
        case "delete alias":
            return DeleteAlias(target, "live")
        case "reserve":
            return ReserveConcurrency(target, None if number == 0 else number - 1)
        case "provision":
            qualifier = "live" if number % 2 else version
            return ProvisionConcurrency(reference(name, qualifier), number % 3 + 1, seed)
        case "unprovision":
            qualifier = "live" if number % 2 else version
            return UnprovisionConcurrency(reference(name, qualifier), seed)
        case "tag":
            return TagFunction(target, {str(number): ""}, seed)
        case "untag":
            return UntagFunction(target, (str(number),), seed)
        case "publish layer":
            content = Code(f"{number + 50:064x}", number, number)
            return PublishLayerVersion(ACCOUNT, layer(name), content, seed)
        case "delete layer version":
            return DeleteLayerVersion(ACCOUNT, layer(name, number % 3 + 1))
        case "use layers":
            arns = [layer(one, number % 3 + 1).version_arn for one in NAMES[: number % 3]]
            return UpdateFunctionConfiguration(target, settings, seed, layers=tuple(arns))
        case "allow layer":
            return AddLayerPermission(
                ACCOUNT, layer(name, number % 3 + 1), str(number % 2), "lambda:x", "*", seed
            )
        case "forbid layer":
            return RemoveLayerPermission(
                ACCOUNT, layer(name, number % 3 + 1), str(number % 2), seed
            )
        case "allow":
            grant = Grant(str(number % 2), "lambda:InvokeFunction", "*")
            return AddPermission(_qualified(name, number), grant, seed)
        case "forbid":
            return RemovePermission(_qualified(name, number), str(number % 2), seed)
        case "forbid all":
            return DeletePolicy(_qualified(name, number), seed)
        case "make url":
            # As in life, no two functions have a URL of one seed.
            seed = f"{name}{number}{life.now}{len(life.effects)}".encode()[:64]
            return CreateUrl(_qualified(name, number), "NONE", seed)
        case "change url":
            return UpdateUrl(_qualified(name, number), "AWS_IAM")
        case "drop url":
            return DeleteUrl(_qualified(name, number))
        case "prepared":
            asked = [one for one in life.effects if isinstance(one, PrepareTemplate)]
            if not asked:
                return None
            one = asked[number % len(asked)].deployment
            ending = INIT_ENDINGS[number % len(INIT_ENDINGS)]
            return TemplatePrepared("", one.function, one.version, ending, payload=b"{}")
    kind = {"started": StartEnvironment, "ended": RunInvoke, "gone": RunInvoke}[what]
    candidates = in_state(life, kind, set() if what == "gone" else over)
    if not candidates:
        return None
    id = candidates[number % len(candidates)]
    if what == "gone":
        return EnvironmentGone(id)
    if what == "started":
        return EnvironmentStarted(id, INIT_ENDINGS[number % len(INIT_ENDINGS)], payload=b"{}")
    return InvokeEnded(id, INVOKE_ENDINGS[number % len(INVOKE_ENDINGS)], payload=b"1")


def _qualified(name, number):
    return reference(name, (None, "live", "1")[number % 3])


steps = st.tuples(
    st.sampled_from(
        [
            "create",
            "create",
            "update code",
            "update settings",
            "delete",
            "invoke",
            "invoke",
            "invoke",
            "invoke another",
            "publish",
            "publish",
            "delete version",
            "alias",
            "move alias",
            "delete alias",
            "reserve",
            "provision",
            "provision",
            "unprovision",
            "tag",
            "untag",
            "publish layer",
            "publish layer",
            "delete layer version",
            "use layers",
            "allow layer",
            "forbid layer",
            "allow",
            "forbid",
            "forbid all",
            "make url",
            "make url",
            "change url",
            "drop url",
            "prepared",
            "started",
            "started",
            "ended",
            "ended",
            "gone",
        ]
    ),
    st.sampled_from(NAMES),
    st.integers(0, 9),
)
waits = st.sampled_from([0, 0, 1, 5, 99, 100, 101, 1_000, limits.STOP_AFTER_MS])
stories = st.lists(st.tuples(waits, st.one_of(st.none(), steps)), max_size=30)
#: Stories that have a function from the first instant.
busy_stories = stories.map(lambda story: [(0, ("create", "a", 2)), (0, ("invoke", "a", 1)), *story])
#: Those in which an environment is reset first: one on demand, one that is kept ahead of need, one
#: that is a copy of a template.
FAILURES = (
    (("create", 2), ("invoke", 1), ("started", 0), ("invoke", 3), ("ended", 5)),
    (
        ("create", 2),
        ("publish", 0),
        ("provision", 0),
        ("started", 0),
        ("invoke another", 3),
        ("ended", 5),
    ),
    (
        ("create", 9),
        ("publish", 0),
        ("prepared", 0),
        ("invoke another", 3),
        ("started", 0),
        ("ended", 5),
    ),
)
failing_stories = st.tuples(st.sampled_from(FAILURES), stories).map(
    lambda both: [*[(PREPARATION_MS, (what, "a", number)) for what, number in both[0]], *both[1]]
)
PREPARATION_MS = 100

IMAGES = Interpreter("image", "", "")
LAWS = Laws(
    lambda: Functions(Numbers(), [PYTHON, IMAGES], preparation_ms=PREPARATION_MS), translate
)


@given(busy_stories)
def test_the_same_story_has_the_same_effects(story):
    LAWS.check_same_story_same_effects(story)


@given(busy_stories)
def test_waking_early_does_nothing(story):
    LAWS.check_early_wake_does_nothing(story)


@given(st.one_of(busy_stories, failing_stories))
def test_no_deadline_is_left(story):
    LAWS.check_no_deadline_is_left(story)


@given(busy_stories)
def test_time_does_not_go_back(story):
    LAWS.check_time_does_not_go_back(story)


@given(st.one_of(busy_stories, failing_stories))
def test_waking_late_is_as_good_as_waking_on_time(story):
    LAWS.check_late_is_as_good_as_on_time(story)


@given(busy_stories)
def test_a_refusal_changes_nothing(story):
    LAWS.check_refusal_changes_nothing(story)


@given(busy_stories, st.lists(st.integers(0, 30), max_size=3))
def test_a_rebuilt_room_equals_the_one_that_lived(story, cuts):
    LAWS.check_rebuilt_equals_lived(story, cuts)


@given(busy_stories, st.integers(0, 30), st.integers(0, 30))
def test_a_rebuilt_room_finds_the_same_functions_by_name(story, first, second):
    life = Life(LAWS.make())
    kept = {}
    for place, (wait_ms, step) in enumerate(story):
        LAWS.play(life, wait_ms, step)
        for turn, cut in enumerate((first, second)):
            if cut == place:
                LAWS.keep_snapshots(life, kept, turn, 2)
    room = LAWS.rebuild(life, kept)
    target = (reference().account, reference().region)
    for name in NAMES:
        assert room.directory.number(*target, name) == life.room.directory.number(*target, name)
        layers, lived = room.directory.layers, life.room.directory.layers
        assert layers.number(*target, name) == lived.number(*target, name)
    assert room.directory._urls == life.room.directory._urls
    for function in life.room.directory.functions.values():
        for qualifier, url in function.urls.items():
            assert life.room.directory.find_url(url.id) == (function, qualifier)


def check_books(life: Life):
    """Each invoke in hand is in one place, and idle environments are where they must be."""
    fleet = life.room.fleet
    roster = fleet._roster
    held = [e.execution.ticket for e in roster.environments.values() if e.execution is not None]
    held += [work.ticket for pool in roster.pools.values() for work in pool.waiting]
    assert len(held) == len(set(held)) == sum(fleet.capacity.in_hand.values())
    assert not set(held) & life.replies.keys()
    idle = {id for id, e in roster.environments.items() if e.life.value in {"idle", "frozen"}}
    reset = {id for id, e in roster.environments.items() if e.life.value == "reset"}
    back = {id for pool in roster.pools.values() for id in pool.reset_ahead}
    assert back == {id for id in reset if roster.environments[id].is_ahead}
    assert reset - back == {id for pool in roster.pools.values() for id in pool.reset}
    ahead = {id for pool in roster.pools.values() for id in pool.idle_ahead}
    assert ahead == {id for id in idle if roster.environments[id].is_ahead}
    assert (idle - ahead) | (reset - back) == set(roster.idle)
    frozen = {id for id in ahead if roster.environments[id].life.value == "frozen"}
    assert set(roster.deadlines) == (idle - frozen) | (reset - back)
    assert roster.ahead == sum(e.is_ahead for e in roster.environments.values())
    assert roster.ahead <= limits.AHEAD_MAX
    starting = sum(e.life.value == "starting" for e in roster.environments.values())
    assert roster.starting == starting
    for key, pool in roster.pools.items():
        assert pool.members == sum(
            (e.deployment.function, e.deployment.version, e.deployment.generation) == key
            for e in roster.environments.values()
        )
        members = [e for e in roster.environments.values() if roster.pool_of(e) is pool]
        returning = [e for e in members if e.is_returning]
        assert pool.ahead_returning == len(returning)
        assert all(e.is_ahead and e.life.value in {"reset", "starting"} for e in returning)
        assert set(pool.reset_ahead) <= {e.id for e in returning}
        unbound = [e for e in members if e.life.value == "starting" and e.execution is None]
        assert pool.starting == sum(not e.is_ahead for e in unbound)
        ready = [
            e for e in members if e.is_ahead and (e.life.value != "starting" or e in returning)
        ]
        assert pool.ahead == len(ready)
        assert pool.ahead_starting == sum(e.is_ahead for e in members) - len(ready)
        assert pool.ahead + pool.ahead_starting <= pool.wanted or pool.is_retired
        works = [e.execution for e in members if e.execution is not None]
        works += pool.waiting
        assert pool.ahead_in_hand == sum(work.is_ahead for work in works)
        assert (key in fleet.starts.hungry) == fleet.starts.needs(pool)
        if pool.is_retired:
            assert pool.members or pool.waiting
            assert not pool.idle
            assert not pool.reset
            assert not pool.reset_ahead
        else:
            function = life.room.directory.functions[pool.deployment.function]
            version = function.versions[key[1]]
            assert pool.deployment == deployment(key[0], function, version, life.now)
            if version.template == NO_TEMPLATE:
                assert pool.wanted == function.wanted_ahead(key[1])
    assert starting <= limits.STARTING_MAX or any(
        e.execution is not None for e in roster.environments.values()
    )


@given(st.one_of(busy_stories, failing_stories))
def test_the_books_of_the_fleet_are_straight_after_each_step(story):
    life = Life(LAWS.make())
    for wait_ms, step in story:
        LAWS.play(life, wait_ms, step)
        check_books(life)


@given(st.one_of(busy_stories, failing_stories))
def test_every_invoke_is_answered_once_when_all_environments_end(story):
    life = LAWS.live(story)
    for _ in range(1_000):
        life.pass_time(100)
        starting = [
            e for e in life.room.fleet._roster.environments.values() if e.life.value == "starting"
        ]
        busy = [e for e in life.room.fleet._roster.environments.values() if e.life.value == "busy"]
        if not starting and not busy:
            break
        for environment in starting:
            life.ask(EnvironmentStarted(environment.id, Ending.OK))
        for environment in busy:
            life.ask(InvokeEnded(environment.id, Ending.ANSWERED, payload=b"1"))
    check_books(life)
    capacity = life.room.fleet.capacity
    assert (capacity.in_hand, capacity.payload_bytes) == ({}, 0)
    assert (capacity._of_function, capacity._unreserved) == ({}, {})
