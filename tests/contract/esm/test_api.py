"""The mapping operations on the wire: esm.md 10.2, tests 1 to 12 and 33."""

import pytest

from tests.contract.esm.stage import MAPPINGS, TAGS, function_arn
from tests.contract.sqs.caller import arn

INVALID = "InvalidParameterValueException"
NULL_MEMBERS = [
    "LastProcessingResult",
    "FilterCriteria",
    "FilterCriteriaError",
    "ScalingConfig",
    "ProvisionedPollerConfig",
    "MetricsConfig",
    "KMSKeyArn",
    "LoggingConfig",
    "StartingPosition",
    "StartingPositionTimestamp",
    "ParallelizationFactor",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
]


def test_1_and_2_every_member_is_there_and_null_where_nothing_is_set(stage):
    """esm.md 10.2 T1, T2, 1.3."""
    made = stage.create()
    assert {name for name, value in made.items() if value is None} == set(NULL_MEMBERS)
    uuid = made["UUID"]
    rest = {name: value for name, value in made.items() if value is not None}
    assert isinstance(rest.pop("LastModified"), float | int)
    assert rest == {
        "UUID": uuid,
        "EventSourceMappingArn": function_arn("").replace(
            "function:", f"event-source-mapping:{uuid}"
        ),
        "EventSourceArn": arn("q"),
        "FunctionArn": function_arn(),
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
    }
    stage.settle()
    assert stage.get(uuid) == {**made, "State": "Enabled"}
    assert stage.create(function="handle:$LATEST", Enabled=False)["State"] == "Disabled"


def test_3_and_4_duplicates_and_qualified_targets(stage):
    """esm.md 10.2 T3, T4: a base, a version and an alias live side by side."""
    uuid = stage.create()["UUID"]
    status, code, text = stage.create_refused()
    assert (status, code) == (409, "ResourceConflictException")
    assert text == (
        f'An event source mapping with SQS arn (" {arn("q")} ") and function (" handle ") already '
        f"exists. Please update or delete the existing mapping with UUID {uuid}"
    )
    assert stage.send("POST", "/2015-03-31/functions/handle/versions", {}).status == 201
    stage.settle()
    alias = {"Name": "live", "FunctionVersion": "1"}
    assert stage.send("POST", "/2015-03-31/functions/handle/aliases", alias).status == 201
    for qualifier in ("1", "live"):
        made = stage.create(function=f"handle:{qualifier}")
        assert made["FunctionArn"] == function_arn(f"handle:{qualifier}")


@pytest.mark.parametrize("qualifier", ["1", "live"])
def test_4_a_qualified_target_is_the_one_that_runs(stage, qualifier):
    """esm.md 10.2 T4, 5.4."""
    stage.send("POST", "/2015-03-31/functions/handle/versions", {})
    stage.settle()
    alias = {"Name": "live", "FunctionVersion": "1"}
    stage.send("POST", "/2015-03-31/functions/handle/aliases", alias)
    stage.create(function=f"handle:{qualifier}")
    stage.settle()
    assert stage.deliver(stage.url, "x") == ["x"]
    assert stage.left(stage.url) == 0


def test_9_refusals_come_in_their_order(stage):
    """esm.md 10.2 T9, 1.4 rows 2 to 5."""
    wrong = {"DestinationConfig": {"OnSuccess": {"Destination": arn("q")}}}
    status, code, text = stage.refusal("POST", MAPPINGS, {"FunctionName": "absent", **wrong})
    assert (status, code) == (400, INVALID)
    assert text.startswith("Unsupported DestinationConfig parameter")
    refused = stage.refusal("POST", MAPPINGS, {"FunctionName": "absent"})
    assert refused == (400, INVALID, "Unrecognized event source.")
    refused = stage.create_refused("absent", "absent")
    assert refused == (400, INVALID, "Function does not exist")
    assert "AWS.SimpleQueueService.NonExistentQueue" in stage.create_refused("absent")[2]


SETTINGS = {
    "FilterCriteria": {"Filters": [{"Pattern": '{"body":["a"]}'}]},
    "ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 10_000},
    "MetricsConfig": {"Metrics": ["EventCount"]},
    "KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1",
}


def test_10_and_33_settings_are_echoed_kept_and_cleared(stage):
    """lambda.md 10, row 34; esm.md 10.2 T10, T33, fact 8."""
    uuid = stage.create(**SETTINGS)["UUID"]
    stage.settle()
    assert {name: stage.get(uuid)[name] for name in SETTINGS} == SETTINGS
    (listed,) = stage.list()["EventSourceMappings"]
    assert listed["FilterCriteria"] is None
    kept = stage.update(uuid, **dict.fromkeys(SETTINGS))
    assert {name: kept[name] for name in SETTINGS} == SETTINGS
    stage.settle()
    empty = {"FilterCriteria": {}, "ProvisionedPollerConfig": {}, "MetricsConfig": {}}
    cleared = stage.update(uuid, **empty, KMSKeyArn="")
    assert {cleared[name] for name in SETTINGS} == {None}


def test_11_an_update_or_deletion_on_the_way_is_refused(stage):
    """esm.md 10.2 T11, 1.4 row 19."""
    uuid = stage.create()["UUID"]
    for method, verb in (("PUT", "update"), ("DELETE", "delete")):
        assert stage.refusal(method, f"{MAPPINGS}/{uuid}", {"BatchSize": 5}) == (
            400,
            "ResourceInUseException",
            f"Cannot {verb} the event source mapping because it is in use.",
        )


def test_the_states_of_a_life(stage):
    """esm.md 1.5; 1.4 row 18."""
    uuid = stage.create()["UUID"]
    stage.settle()
    assert stage.update(uuid, BatchSize=5)["State"] == "Updating"
    stage.settle()
    assert stage.update(uuid, Enabled=False)["State"] == "Disabling"
    stage.settle()
    assert stage.update(uuid, BatchSize=6)["State"] == "Disabled"
    assert stage.deliver(stage.url, "early") == []
    assert stage.update(uuid, Enabled=True)["State"] == "Enabling"
    stage.settle()
    assert [record["body"] for record in stage.events[0]["Records"]] == ["early"]
    deleted = stage.send("DELETE", f"{MAPPINGS}/{uuid}")
    assert (deleted.status, deleted.json["State"]) == (202, "Deleting")
    stage.settle()
    assert stage.refusal("GET", f"{MAPPINGS}/{uuid}") == (
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )


def test_filters_and_pollers_that_do_not_fit(stage):
    """esm.md 1.4 rows 11 and 14, on the wire."""
    filters = {"Filters": [{"Pattern": '{"body":"a"}'}]}
    refused = stage.create_refused(FilterCriteria=filters)
    assert refused == (400, INVALID, "Invalid filter pattern definition.")
    long = {"Filters": [{"Pattern": "x" * 4_097}]}
    status, code, text = stage.create_refused(FilterCriteria=long)
    assert (status, code) == (400, "ValidationException")
    assert "Member must have length less than or equal to 4096" in text
    status, code, text = stage.create_refused(ProvisionedPollerConfig={"MinimumPollers": 1})
    assert text.startswith("MinimumPollers should be between [2, 200]")
    assert stage.list()["EventSourceMappings"] == []


def test_tags_of_a_mapping(stage):
    """esm.md 12.2 E-A8."""
    found = stage.create(Tags={"a": "1"})["EventSourceMappingArn"]
    assert stage.send("POST", f"{TAGS}/{found}", {"Tags": {"b": "2"}}).status == 204
    assert stage.send("DELETE", f"{TAGS}/{found}?tagKeys=a&tagKeys=x").status == 204
    assert stage.send("GET", f"{TAGS}/{found}").json == {"Tags": {"b": "2"}}
    unknown = found[:-4] + "0000"
    assert stage.refusal("GET", f"{TAGS}/{unknown}") == (
        404,
        "ResourceNotFoundException",
        f"Event source mapping not found: {unknown}",
    )


def test_5_to_8_what_queues_and_batches_cannot_have(stage):
    """esm.md 10.2 T5 to T8, 1.4 rows 7 to 10, facts 9 and 10."""
    stage.sqs.queue("f.fifo")
    assert stage.create_refused("f.fifo", MaximumBatchingWindowInSeconds=1)[2] == (
        "Batching window is not supported for FIFO queues"
    )
    assert stage.create_refused("f.fifo", BatchSize=11)[2] == (
        "Batch size must not exceed 10 for FIFO queues"
    )
    too_large = (
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
        "than 10"
    )
    assert stage.create_refused(BatchSize=11)[2] == too_large
    stage.function("even", Timeout=30)
    stage.function("slow", Timeout=31)
    stage.create(function="even")
    longer = "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds"
    assert stage.create_refused(function="slow")[2] == longer
    made = stage.create()
    stage.settle()
    path = f"{MAPPINGS}/{made['UUID']}"
    assert stage.refusal("PUT", path, {"BatchSize": 11})[2] == too_large
    assert stage.refusal("PUT", path, {"FunctionName": "slow"})[2] == longer
    assert stage.get(made["UUID"]) == {**made, "State": "Enabled"}


def test_12_lists_have_pages_of_a_hundred(stage):
    """esm.md 10.2 T12, 1.6, 12.2 E-A7."""
    for number in range(100):
        stage.sqs.queue(f"q{number}")
        stage.create(f"q{number}")
    stage.create("q")
    first = stage.list(MaxItems=10_000)
    assert len(first["EventSourceMappings"]) == 100
    second = stage.list(Marker=first["NextMarker"])
    assert second["NextMarker"] is None
    uuids = [one["UUID"] for page in (first, second) for one in page["EventSourceMappings"]]
    assert len(uuids) == 101
    assert uuids == sorted(set(uuids))
    nothing = {"EventSourceMappings": [], "NextMarker": None}
    assert stage.list(FunctionName="absent") == nothing
    assert stage.list(EventSourceArn=arn("absent")) == nothing


def test_13_a_mapping_outlives_its_function(stage):
    """esm.md 10.2 T13, 1.5."""
    uuid = stage.create()["UUID"]
    stage.settle()
    assert stage.send("DELETE", "/2015-03-31/functions/handle").status == 204
    assert stage.deliver(stage.url, "x") == []
    assert stage.get(uuid)["State"] == "Enabled"
    stage.function()
    stage.server.advance(35)
    assert [record["body"] for event in stage.events for record in event["Records"]] == ["x"]
    assert stage.left(stage.url) == 0


def test_loops_are_allowed_or_ended(stage):
    """spec/lambda.md 13.8, L-A61."""
    path = "/2024-08-31/functions/handle/recursion-config"
    assert stage.send("GET", path).json == {"RecursiveLoop": "Terminate"}
    assert stage.send("PUT", path, {"RecursiveLoop": "Allow"}).json == {"RecursiveLoop": "Allow"}
    assert stage.refusal("PUT", path, {"RecursiveLoop": "InvalidValue"})[2] == (
        "1 validation error detected: Value 'InvalidValue' at 'recursiveLoop' failed to satisfy "
        "constraint: Member must satisfy enum value set: [Terminate, Allow]"
    )
    assert stage.send("GET", path).json == {"RecursiveLoop": "Allow"}
