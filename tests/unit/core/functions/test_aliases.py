"""Making, changing, showing, deleting and listing aliases; invokes and deletions through them."""

import pytest

from headrace.core.functions.alias import WEIGHT_SCALE
from headrace.core.functions.commands import (
    CreateAlias,
    DeleteAlias,
    DeleteFunction,
    GetAlias,
    ListAliases,
    PublishVersion,
    UpdateAlias,
)
from headrace.core.functions.effects import RunInvoke
from headrace.core.functions.errors import PreconditionFailed, ResourceConflict, ResourceNotFound
from headrace.core.functions.replies import Done
from tests.unit.core.functions.bench import ARN, Bench, bench_with_function, reference

HALF = WEIGHT_SCALE // 2


@pytest.fixture
def bench():
    """A function with versions 1 and 2."""
    bench = bench_with_function()
    for number in (1, 2):
        bench.update_code()
        bench.ask(PublishVersion(reference(), bytes([number]) * 16))
    return bench


def create(bench, name="live", version="1", number=1, **changes):
    seed = bytes([number]) * 16
    return bench.ask(CreateAlias(reference(), name, version, seed, **changes))


def update(bench, number=9, **changes):
    return bench.ask(UpdateAlias(reference(), "live", bytes([number]) * 16, **changes))


def test_an_alias_is_shown_as_it_was_made(bench):
    made = create(bench, description="now", weights={"2": HALF})
    assert (made.arn, made.name, made.version) == (f"{ARN}:live", "live", "1")
    assert (made.description, made.weights) == ("now", {"2": HALF})
    assert bench.ask(GetAlias(reference(), "live")) == made


def test_an_alias_may_point_to_latest(bench):
    assert create(bench, version="$LATEST").version == "$LATEST"


def test_what_is_not_spoken_of_stays_and_the_revision_changes(bench):
    made = create(bench, description="now", weights={"2": HALF})
    after = update(bench)
    assert (after.version, after.description, after.weights) == ("1", "now", {"2": HALF})
    assert after.revision_id != made.revision_id
    assert update(bench, weights={}, description="").weights == {}
    assert update(bench, version="2").version == "2"


def test_an_old_revision_is_refused(bench):
    old = create(bench).revision_id
    new = update(bench, revision_id=old).revision_id
    assert isinstance(update(bench, 8, revision_id=old), PreconditionFailed)
    assert update(bench, 8, revision_id=new).name == "live"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"version": "10"}, f"Function not found: {ARN}:10"),
        ({"weights": {"10": 1}}, f"Function not found: {ARN}:10"),
        (
            {"weights": {"1": 1}},
            (
                "Invalid function version 1. Function version 1 is already included in routing "
                "configuration."
            ),
        ),
        (
            {"weights": {"1": 1, "2": 1}},
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ),
        (
            {"version": "$LATEST", "weights": {"2": 1}},
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_at_creation_and_change(bench, changes, text):
    assert create(bench, **changes).message == text
    create(bench)
    before = bench.ask(GetAlias(reference(), "live"))
    assert update(bench, **changes).message == text
    assert bench.ask(GetAlias(reference(), "live")) == before


def test_a_second_alias_of_the_name_is_refused(bench):
    create(bench)
    refusal = create(bench, version="2")
    assert isinstance(refusal, ResourceConflict)
    assert refusal.message == f"Alias already exists: {ARN}:live"


def test_each_operation_has_its_own_words_for_what_is_not_there(bench):
    assert update(bench).message == f"Alias not found: {ARN}:live"
    assert bench.ask(GetAlias(reference(), "live")).message == f"Cannot find alias arn: {ARN}:live"
    assert bench.show(qualifier="live").message == f"Function not found: {ARN}:live"
    assert bench.ask(DeleteAlias(reference(), "live")) == Done()
    empty = Bench()
    assert create(empty).message == f"Function not found: {ARN}:1"
    assert empty.ask(ListAliases(reference())).message == f"Function not found: {ARN}"


def test_aliases_are_listed_by_name_and_version_in_pages(bench):
    for name, version in (("c", "1"), ("a", "2"), ("b", "1")):
        create(bench, name, version)

    def names(**changes):
        listed = bench.ask(ListAliases(reference(), **changes))
        return [alias.name for alias in listed.aliases], listed.more

    assert names() == (["a", "b", "c"], False)
    assert names(at_most=2) == (["a", "b"], True)
    assert names(after="a") == (["b", "c"], False)
    assert names(version="1") == (["b", "c"], False)


def test_an_invoke_through_an_alias_keeps_its_name_and_tells_the_version(bench):
    create(bench, version="2")
    ticket = bench.send(qualifier="live")
    bench.started()
    assert bench.of(RunInvoke)[0].function_arn == f"{ARN}:live"
    bench.ended(payload=b"1")
    assert bench.replies[ticket].executed_version == "2"


def test_aliases_of_one_version_share_its_environments(bench):
    create(bench)
    environment = bench.warm(qualifier="live")
    bench.send(qualifier="1")
    assert bench.of(RunInvoke)[0].environment == environment


def test_invokes_are_split_and_the_function_shows_the_first_version(bench):
    create(bench, weights={"2": HALF})
    seen = set()
    for number in range(20):
        ticket = bench.send(qualifier="live", request_id=f"request-{number}")
        if not bench.of(RunInvoke):
            bench.started()
        bench.ended(payload=b"1")
        seen.add(bench.replies[ticket].executed_version)
    assert seen == {"1", "2"}
    shown = bench.show(qualifier="live")
    assert (shown.view.version, shown.qualifier) == ("1", "live")
    assert shown.view.revision_id == bench.show(qualifier="1").view.revision_id


def test_a_version_that_an_alias_needs_is_not_deleted(bench):
    create(bench, weights={"2": HALF})
    for version in ("1", "2"):
        refusal = bench.ask(DeleteFunction(reference(qualifier=version)))
        assert isinstance(refusal, ResourceConflict)
        assert refusal.message.endswith("the following aliases reference it: [live]")
    bench.ask(DeleteAlias(reference(), "live"))
    assert bench.ask(DeleteFunction(reference(qualifier="1"))) == Done()
    assert isinstance(bench.show(qualifier="1"), ResourceNotFound)
