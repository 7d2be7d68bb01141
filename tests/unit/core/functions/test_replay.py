"""Facts are applied as they were decided, whatever the limits say now."""

from headrace.core.functions.records import (
    AliasDeleted,
    AliasSet,
    ConcurrencyProvisioned,
    FunctionCreated,
    FunctionTagged,
    VersionDeleted,
    VersionPublished,
)
from headrace.core.functions.replay import changed, created
from tests.unit.core.functions.bench import ACCOUNT, CODE, EPOCH, NAME, REGION, SEED, settings_with

FUNCTION = created(
    FunctionCreated(16, EPOCH, ACCOUNT, REGION, NAME, SEED, settings_with(), CODE, {})
)


def story(*records):
    function = FUNCTION
    for record in records:
        function = changed(function, record)
    return function


PUBLISHED = VersionPublished(16, EPOCH, bytes(16), "first")
ALIAS = AliasSet(16, EPOCH, "live", "1", "", {}, bytes(16))


def test_a_fact_leaves_the_function_before_it_as_it_was():
    assert list(story(PUBLISHED).versions) == ["$LATEST", "1"]
    assert list(FUNCTION.versions) == ["$LATEST"]


def test_a_version_and_latest_have_seeds_of_their_own():
    after = story(PUBLISHED)
    assert len({SEED, after.latest.seed, after.versions["1"].seed}) == 3
    assert after.versions["1"].settings.description == "first"


def test_what_is_provisioned_goes_with_its_alias_or_version():
    both = (
        PUBLISHED,
        ALIAS,
        ConcurrencyProvisioned(16, EPOCH, "1", 2, bytes(16)),
        ConcurrencyProvisioned(16, EPOCH, "live", 3, bytes(16)),
    )
    assert story(*both).wanted_ahead("1") == 5
    assert story(*both, AliasDeleted(16, EPOCH, "live")).wanted_ahead("1") == 2
    gone = story(*both[:3], AliasDeleted(16, EPOCH, "live"), VersionDeleted(16, EPOCH, "1"))
    assert (gone.provisioned, gone.next_version) == ({}, 2)


def test_tags_are_replaced_as_a_whole():
    assert story(FunctionTagged(16, EPOCH, {"a": "b"}, bytes(16))).tags == {"a": "b"}
