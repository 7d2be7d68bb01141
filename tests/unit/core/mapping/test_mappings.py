"""What users ask of mappings: states, refusals, lists; spec/esm.md 1, tests 1 to 12."""

import msgspec
import pytest

from headrace.core.machine import Numbers
from headrace.core.mapping.commands import (
    DeleteMapping,
    GetMapping,
    ListMappings,
    ListMappingTags,
    Source,
    TagMapping,
    Target,
    UntagMapping,
    UpdateMapping,
)
from headrace.core.mapping.effects import Poll, StopPolling
from headrace.core.mapping.errors import (
    InvalidParameterValue,
    MappingInUse,
    MappingNotFound,
    ResourceConflict,
)
from headrace.core.mapping.mappings import Mappings
from headrace.core.mapping.replies import TagsFound
from tests.unit.core.mapping.story import (
    ACCOUNT,
    FUNCTION,
    QUEUE,
    REGION,
    SETTLE_MS,
    Story,
    create,
)


def state(story, mapping):
    return story.ask(GetMapping(mapping)).state


def test_a_new_mapping_settles_to_enabled_and_then_asks_for_messages():
    story = Story()
    found = story.ask(create())
    assert found.state == "Creating"
    assert found.last_modified == story.now
    assert story.effects == []
    mapping = story.room.find(ACCOUNT, REGION, found.uuid)
    assert story.pass_time(SETTLE_MS - 1) == []
    assert story.pass_time(1) == [Poll(mapping, 1, QUEUE, FUNCTION, 10, 0)]
    after = story.ask(GetMapping(mapping))
    assert after.state == "Enabled"
    assert after.last_modified == found.last_modified


def test_a_mapping_created_disabled_is_so_at_once_and_asks_for_nothing():
    story = Story()
    assert story.ask(create(enabled=False)).state == "Disabled"
    assert story.room.next_deadline() is None
    assert story.effects == []


def test_the_uuid_derives_from_the_seed_and_has_the_form_of_version_4():
    one, two, other = (Story().ask(create(seed=seed)).uuid for seed in (1, 1, 2))
    assert one == two != other
    assert one[14] == "4"
    assert one[19] in "89ab"
    assert [len(part) for part in one.split("-")] == [8, 4, 4, 4, 12]


def test_the_same_pair_again_is_refused_with_the_uuid_that_exists():
    story = Story()
    uuid = story.ask(create()).uuid
    with pytest.raises(ResourceConflict) as refusal:
        story.ask(create(seed=2))
    assert refusal.value.message == (
        f'An event source mapping with SQS arn (" {QUEUE} ") and function (" handle ") already '
        f"exists. Please update or delete the existing mapping with UUID {uuid}"
    )
    assert refusal.value.status == 409
    assert refusal.value.members == {"Type": "User"}


def test_base_version_and_alias_of_one_function_and_other_queues_coexist():
    story = Story()
    for seed, suffix in enumerate(["", ":1", ":live", ":$LATEST"]):
        story.ask(create(seed=seed, function=FUNCTION + suffix))
    story.ask(create(seed=9, queue=QUEUE + "2"))
    assert len(story.ask(ListMappings(ACCOUNT, REGION)).mappings) == 5


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"batch_size": 11},
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        (
            {"visibility_s": 30, "timeout_s": 31},
            "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds",
        ),
        (
            {"queue": QUEUE + ".fifo", "window_s": 1},
            "Batching window is not supported for FIFO queues",
        ),
        (
            {"queue": QUEUE + ".fifo", "batch_size": 11},
            "Batch size must not exceed 10 for FIFO queues",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_and_changes_nothing(settings, text):
    story = Story()
    with pytest.raises(InvalidParameterValue) as refusal:
        story.ask(create(**settings))
    assert refusal.value.message == text
    assert list(story.room.machines()) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"visibility_s": 30, "timeout_s": 30},
        {"batch_size": 10_000, "window_s": 1},
        {"queue": QUEUE + ".fifo", "batch_size": 10},
    ],
)
def test_what_just_fits_is_taken(settings):
    assert Story().ask(create(**settings)).state == "Creating"


def test_an_update_of_an_enabled_mapping_shows_at_once_and_rules_when_it_has_settled():
    story = Story()
    mapping = story.create()
    updated = story.ask(UpdateMapping(mapping, batch_size=3))
    assert updated.state == "Updating"
    assert updated.settings.batch_size == 3
    assert story.arrive("a")[-1].at_most == 10
    story.pass_time(SETTLE_MS)
    assert state(story, mapping) == "Enabled"
    # The receive of the old settings ends first; then the new ones rule.
    assert story.effects[-1] == StopPolling(mapping, story.poll.poll)
    assert story.arrive()[-1].at_most == 3


@pytest.mark.parametrize(
    ("steps", "states"),
    [
        ([False], ["Disabling", "Disabled"]),
        ([False, True], ["Disabling", "Disabled", "Enabling", "Enabled"]),
        ([False, False], ["Disabling", "Disabled", "Disabled", "Disabled"]),
        ([True], ["Updating", "Enabled"]),
        ([None], ["Updating", "Enabled"]),
        ([False, None], ["Disabling", "Disabled", "Disabled", "Disabled"]),
    ],
)
def test_the_states_of_switching(steps, states):
    story = Story()
    mapping = story.create()
    seen = []
    for enabled in steps:
        seen.append(story.ask(UpdateMapping(mapping, enabled=enabled)).state)
        story.pass_time(SETTLE_MS)
        seen.append(state(story, mapping))
    assert seen == states


def test_switching_off_ends_the_receive_at_once_and_switching_on_asks_again():
    story = Story()
    mapping = story.create()
    assert story.tell(UpdateMapping(mapping, enabled=False)) == [StopPolling(mapping, 1)]
    assert story.arrive() == []
    story.pass_time(60_000)
    story.tell(UpdateMapping(mapping, enabled=True))
    assert story.pass_time(SETTLE_MS) == [Poll(mapping, 2, QUEUE, FUNCTION, 10, 0)]


def test_nothing_can_be_changed_on_the_way_from_one_state_to_another():
    story = Story()
    uuid = story.ask(create()).uuid
    mapping = story.room.find(ACCOUNT, REGION, uuid)
    with pytest.raises(MappingInUse) as refusal:
        story.ask(UpdateMapping(mapping, batch_size=1))
    assert refusal.value.message == ("Cannot update the event source mapping because it is in use.")
    with pytest.raises(MappingInUse):
        story.ask(DeleteMapping(mapping))
    story.pass_time(SETTLE_MS)
    assert story.ask(DeleteMapping(mapping)).state == "Deleting"
    with pytest.raises(MappingInUse):
        story.ask(UpdateMapping(mapping, batch_size=1))


def test_a_refused_update_changes_nothing():
    story = Story()
    mapping = story.create(batch_size=20, window_s=5)
    before = story.ask(GetMapping(mapping))
    story.pass_time(1_000)
    refused = [
        UpdateMapping(mapping, window_s=0),
        UpdateMapping(mapping, target=Target(FUNCTION, "handle", 31), source=Source(QUEUE, 30)),
    ]
    for command in refused:
        with pytest.raises(InvalidParameterValue):
            story.ask(command)
    assert story.ask(GetMapping(mapping)) == before


def test_timeouts_are_compared_on_update_only_when_a_function_is_named():
    story = Story()
    mapping = story.create(batch_size=5)
    assert story.ask(UpdateMapping(mapping, batch_size=6)).settings.batch_size == 6


def test_an_update_to_a_pair_that_exists_is_refused_but_to_its_own_is_not():
    story = Story()
    story.create()
    other = story.create(seed=2, function=FUNCTION + ":1")
    with pytest.raises(ResourceConflict):
        story.ask(UpdateMapping(other, target=Target(FUNCTION, "handle", 3)))
    with pytest.raises(InvalidParameterValue):  # what is wrong in itself comes first, as on create
        story.ask(UpdateMapping(other, target=Target(FUNCTION, "handle", 3), batch_size=11))
    same = UpdateMapping(other, target=Target(FUNCTION + ":1", "handle", 3))
    assert story.ask(same).state == "Updating"


def test_maximum_concurrency_zero_clears_and_none_keeps():
    story = Story()
    mapping = story.create(maximum_concurrency=7)
    kept = story.ask(UpdateMapping(mapping, batch_size=1))
    assert kept.settings.maximum_concurrency == 7
    story.pass_time(SETTLE_MS)
    cleared = story.ask(UpdateMapping(mapping, maximum_concurrency=0))
    assert cleared.settings.maximum_concurrency == 0


def test_a_deleted_mapping_is_gone_when_it_has_settled():
    story = Story()
    mapping = story.create()
    uuid = story.ask(GetMapping(mapping)).uuid
    assert story.tell(DeleteMapping(mapping)) == [StopPolling(mapping, 1)]
    story.pass_time(SETTLE_MS - 1)
    assert state(story, mapping) == "Deleting"
    story.pass_time(1)
    with pytest.raises(MappingNotFound) as refusal:
        story.room.find(ACCOUNT, REGION, uuid)
    assert refusal.value.message == "The resource you requested does not exist."
    assert list(story.room.machines()) == []
    assert story.arrive() == []
    assert story.create() != mapping


def test_a_uuid_is_found_in_its_own_account_and_region_only_and_in_any_case():
    story = Story()
    uuid = story.ask(create()).uuid
    assert story.room.find(ACCOUNT, REGION, uuid.upper()) == 16
    for account, region in (("210987654321", REGION), (ACCOUNT, "us-east-1")):
        with pytest.raises(MappingNotFound):
            story.room.find(account, region, uuid)


def test_a_list_comes_in_pages_of_a_hundred_in_order_of_uuid():
    story = Story()
    for seed in range(101):
        story.ask(create(seed=seed, function=f"{FUNCTION}:{seed}", enabled=False))
    first = story.ask(ListMappings(ACCOUNT, REGION, at_most=10_000))
    assert len(first.mappings) == 100
    assert first.more
    rest = story.ask(ListMappings(ACCOUNT, REGION, after=first.mappings[-1].uuid))
    assert len(rest.mappings) == 1
    assert not rest.more
    uuids = [found.uuid for found in (*first.mappings, *rest.mappings)]
    assert uuids == sorted(uuids)


def test_a_list_is_filtered_by_the_very_texts():
    story = Story()
    story.ask(create(seed=1))
    story.ask(create(seed=2, function=FUNCTION + ":1"))
    story.ask(create(seed=3, queue=QUEUE + "2"))

    def count(**filters):
        return len(story.ask(ListMappings(ACCOUNT, REGION, **filters)).mappings)

    assert count() == 3
    assert count(function_arn=FUNCTION) == 2
    assert count(function_arn=FUNCTION + ":1") == 1
    assert count(source_arn=QUEUE) == 2
    assert count(source_arn=QUEUE + "2", function_arn=FUNCTION) == 1
    assert count(function_arn=FUNCTION + ":2") == 0
    assert story.ask(ListMappings("210987654321", REGION)).mappings == ()


def test_after_a_restart_every_enabled_mapping_asks_again_and_no_other_does():
    story = Story()
    enabled = story.create()
    story.create(seed=2, queue=QUEUE + "2", enabled=False)
    fresh = story.create(seed=3, queue=QUEUE + "3")
    room = Mappings(Numbers(), SETTLE_MS)
    for record in story.records:
        room.replay(record, 1)
    effects = [*room.wake(story.now, 100), *room.resume(story.now)]
    assert sorted(effect.mapping for effect in effects) == [enabled, fresh]
    assert all(isinstance(effect, Poll) for effect in effects)
    assert room.resume(story.now) == []


def test_a_snapshot_holds_everything_that_is_durable():
    story = Story()
    mapping = story.create(batch_size=20, window_s=5, reports_failures=True, maximum_concurrency=7)
    story.ask(UpdateMapping(mapping, batch_size=21))
    room = Mappings(Numbers(), SETTLE_MS)
    room.load(mapping, story.room.snapshot(mapping))
    assert room.snapshot(mapping) == story.room.snapshot(mapping)
    assert room.next_deadline() == story.now + SETTLE_MS
    with pytest.raises(ValueError):
        room.load(mapping, b"\x09" + story.room.snapshot(mapping)[1:])


def test_tags_are_added_taken_away_and_remembered():
    story = Story()
    mapping = story.create()
    story.ask(TagMapping(mapping, {"a": "1", "b": "2"}))
    story.ask(TagMapping(mapping, {"b": "3"}))
    story.ask(UntagMapping(mapping, ("a", "absent")))
    assert story.ask(ListMappingTags(mapping)) == TagsFound({"b": "3"})
    again = Mappings(Numbers(), SETTLE_MS)
    for record in story.records:
        again.replay(record, 0)
    assert again.snapshot(mapping) == story.room.snapshot(mapping)


def test_the_fifty_first_tag_is_refused_at_creation_and_later():
    story = Story()
    mapping = story.create()
    story.ask(TagMapping(mapping, {str(n): "" for n in range(50)}))
    for command in (
        TagMapping(mapping, {"50": ""}),
        msgspec.structs.replace(
            create(seed=2, queue=QUEUE + "2"), tags={str(n): "" for n in range(51)}
        ),
    ):
        with pytest.raises(InvalidParameterValue, match="exceeds resource tag limit"):
            story.ask(command)
    with pytest.raises(InvalidParameterValue, match="cannot be processed"):
        story.ask(TagMapping(mapping, {}))
    assert len(story.ask(ListMappingTags(mapping)).tags) == 50
