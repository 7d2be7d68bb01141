"""Event source mapping operations with real rooms behind them: spec/esm.md 1, tests 1 to 12."""

import pytest

from headrace.api.context import Context
from headrace.api.functions.mappings import OPERATIONS
from headrace.core.functions.commands import CreateFunction
from headrace.core.functions.functions import Functions
from headrace.core.functions.names import FunctionReference
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import Code, Logging
from headrace.core.functions.settings import Settings as FunctionSettings
from headrace.core.machine import Numbers, Reply
from headrace.core.mapping.errors import InvalidParameterValue, MappingInUse, MappingNotFound
from headrace.core.mapping.limits import SETTLE_MS
from headrace.core.mapping.mappings import Mappings
from headrace.core.sqs.commands import CreateQueue, DeleteQueue
from headrace.core.sqs.queues import Queues
from headrace.wire.model import NULL

ACCOUNT = "123456789012"
REGION = "eu-central-1"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:handle"
NO_QUEUE = (
    "Error occurred while ReceiveMessage. SQS Error Code: "
    "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not "
    "exist."
)


class Server:
    """Three rooms and a clock; what the service does between wire and driver."""

    def __init__(self):
        numbers = Numbers()
        self.now = 1_789_481_781_374
        self.queues = Queues(b"secret" * 6, numbers)
        self.functions = Functions(numbers, [Interpreter("python3.12", "3.12.1", "/python")])
        self.mappings = Mappings(numbers)
        self.calls = 0
        self.queue = self.apply(
            self.queues, CreateQueue(ACCOUNT, REGION, "orders", {"VisibilityTimeout": "30"}, {})
        ).queue
        self.create_function("handle")

    def apply(self, room, command):
        for effect in room.apply(command, self.now, 1):
            if isinstance(effect, Reply):
                return effect.value
        raise AssertionError("no reply")

    def create_function(self, name, timeout_s=3):
        settings = FunctionSettings(
            "python3.12",
            "a.b",
            "arn:aws:iam::123456789012:role/r",
            Logging(f"/aws/{name}"),
            timeout_s=timeout_s,
        )
        reference = FunctionReference(ACCOUNT, REGION, name, None)
        code = Code("0" * 64, 100)
        self.apply(self.functions, CreateFunction(reference, settings, code, {}, b"s" * 16))

    def settle(self):
        self.now += SETTLE_MS
        self.mappings.wake(self.now, 1_000)

    def context(self):
        self.calls += 1
        return Context(
            account=ACCOUNT,
            region=REGION,
            request_id="r",
            seed=self.calls.to_bytes(16),
            now=self.now,
            block=1,
            base_url="http://127.0.0.1:4566",
            sender_id="AIDA",
        )

    def call(self, operation, **parameters):
        context = self.context()
        row = OPERATIONS[f"{operation}EventSourceMapping" + "s" * (operation == "List")]
        command = row.command(parameters, context, self)
        return row.answer(parameters, context, self.apply(self.mappings, command), {})

    def create(self, **parameters):
        return self.call(
            "Create", **{"EventSourceArn": QUEUE, "FunctionName": "handle", **parameters}
        )

    def refusal(self, operation, **parameters):
        before = [self.mappings.snapshot(n) for n in self.mappings.machines()]
        with pytest.raises(InvalidParameterValue) as refused:
            if operation == "Create":
                self.create(**parameters)
            else:
                self.call(operation, **parameters)
        assert [self.mappings.snapshot(n) for n in self.mappings.machines()] == before
        return refused.value.message


def test_1_the_answer_holds_every_member_null_where_nothing_is_set_and_never_enabled():
    answer = Server().create()
    uuid = answer["UUID"]
    assert {name: value for name, value in answer.items() if value is not NULL} == {
        "UUID": uuid,
        "EventSourceMappingArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{uuid}",
        "EventSourceArn": QUEUE,
        "FunctionArn": FUNCTION,
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
        "LastModified": 1_789_481_781_374,
    }
    assert {name for name, value in answer.items() if value is NULL} == {
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
    }


def test_2_created_disabled():
    assert Server().create(Enabled=False)["State"] == "Disabled"


def test_what_was_set_is_echoed():
    server = Server()
    answer = server.create(
        BatchSize=100,
        MaximumBatchingWindowInSeconds=5,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2},
    )
    assert answer["BatchSize"] == 100
    assert answer["MaximumBatchingWindowInSeconds"] == 5
    assert answer["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert answer["ScalingConfig"] == {"MaximumConcurrency": 2}
    server.settle()
    got = server.call("Get", UUID=answer["UUID"])
    assert got == {**answer, "State": "Enabled"}
    assert server.call("List")["EventSourceMappings"] == [got]


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("handle", FUNCTION),
        (f"{ACCOUNT}:function:handle", FUNCTION),
        (FUNCTION, FUNCTION),
        ("handle:$LATEST", FUNCTION + ":$LATEST"),
        (FUNCTION + ":$LATEST", FUNCTION + ":$LATEST"),
    ],
)
def test_each_way_to_name_a_function(name, arn):
    assert Server().create(FunctionName=name)["FunctionArn"] == arn


def test_7_timeouts_are_compared_on_create_and_when_an_update_names_a_function():
    server = Server()
    text = "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds"
    server.create_function("slow", 31)
    assert server.refusal("Create", FunctionName="slow") == text
    uuid = server.create()["UUID"]
    server.settle()
    assert server.refusal("Update", UUID=uuid, FunctionName="slow") == text
    assert server.call("Update", UUID=uuid, BatchSize=1)["BatchSize"] == 1


def test_8_equal_timeouts_are_accepted():
    server = Server()
    server.create_function("even", 30)
    assert server.create(FunctionName="even")["State"] == "Creating"


def test_9_refusals_come_in_aws_order():
    server = Server()
    wrong = {
        "DestinationConfig": {"OnSuccess": {"Destination": QUEUE}},
        "EventSourceArn": None,
        "FunctionName": "absent",
        "ProvisionedPollerConfig": {},
    }
    assert server.refusal("Create", **wrong) == (
        "Unsupported DestinationConfig parameter for given event source mapping type."
    )
    del wrong["DestinationConfig"]
    assert server.refusal("Create", **wrong) == "Unrecognized event source."
    wrong["EventSourceArn"] = QUEUE + "-absent"
    assert server.refusal("Create", **wrong) == "Function does not exist"
    wrong["FunctionName"] = "handle"
    assert server.refusal("Create", **wrong) == NO_QUEUE
    wrong["EventSourceArn"] = QUEUE
    assert server.refusal("Create", **wrong).startswith("Either MinimumPollers or MaximumPollers")
    wrong["ProvisionedPollerConfig"] = {"MinimumPollers": 1}
    wrong["BatchSize"] = 11
    assert server.refusal("Create", **wrong).startswith("Maximum batch window in seconds must")


@pytest.mark.parametrize(
    "name",
    [
        "absent",
        "handle:1",
        "handle:live",
        "arn:aws:lambda:us-east-1:123456789012:function:handle",
    ],
)
def test_a_function_version_or_alias_that_is_not_there(name):
    assert Server().refusal("Create", FunctionName=name) == "Function does not exist"


@pytest.mark.parametrize("text", ["", "queue", "arn:aws:sqs:eu-central-1:123456789012:"])
def test_what_is_no_event_source(text):
    assert Server().refusal("Create", EventSourceArn=text) == "Unrecognized event source."


def test_sources_that_are_not_served_are_refused_in_words():
    stream = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"
    assert "not kinesis" in Server().refusal("Create", EventSourceArn=stream)
    elsewhere = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
    assert "region" in Server().refusal("Create", EventSourceArn=elsewhere)


@pytest.mark.parametrize("operation", ["Create", "Update"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ParallelizationFactor", 1),
        ("MaximumRetryAttempts", 0),
        ("BisectBatchOnFunctionError", False),
        ("TumblingWindowInSeconds", 0),
        ("SourceAccessConfigurations", [{"Type": "BASIC_AUTH", "URI": "u"}]),
        ("LoggingConfig", {"SystemLogLevel": "INFO"}),
        ("DestinationConfig", {"OnFailure": {"Destination": QUEUE}}),
    ],
)
def test_nothing_that_is_not_served_is_taken_and_ignored(operation, name, value):
    server = Server()
    uuid = server.create(FunctionName="handle:$LATEST")["UUID"]
    server.settle()
    parameters = {name: value} if operation == "Create" else {name: value, "UUID": uuid}
    message = server.refusal(operation, **parameters)
    assert message == f"{name} is not supported for SQS event sources."


def test_empty_settings_are_no_settings():
    server = Server()
    answer = server.create(
        FilterCriteria={"Filters": []},
        ScalingConfig={},
        FunctionResponseTypes=[],
        MetricsConfig={},
        KMSKeyArn="",
        DestinationConfig={},
    )
    assert answer["FilterCriteria"] is NULL
    assert answer["ScalingConfig"] is NULL
    assert server.refusal("Create", FunctionName="handle:$LATEST", ProvisionedPollerConfig={}) == (
        "Either MinimumPollers or MaximumPollers are required if ProvisionedPollerConfig is "
        "provided."
    )


def test_10_empty_clears_and_absent_keeps():
    server = Server()
    uuid = server.create(
        ScalingConfig={"MaximumConcurrency": 7},
        FunctionResponseTypes=["ReportBatchItemFailures"],
        BatchSize=20,
        MaximumBatchingWindowInSeconds=3,
    )["UUID"]
    server.settle()
    kept = server.call("Update", UUID=uuid, FilterCriteria={})
    assert kept["State"] == "Updating"
    assert kept["ScalingConfig"] == {"MaximumConcurrency": 7}
    assert kept["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (kept["BatchSize"], kept["MaximumBatchingWindowInSeconds"]) == (20, 3)
    server.settle()
    cleared = server.call("Update", UUID=uuid, ScalingConfig={}, FunctionResponseTypes=[])
    assert cleared["ScalingConfig"] is NULL
    assert cleared["FunctionResponseTypes"] == []


def test_11_an_update_while_creating_is_refused():
    server = Server()
    uuid = server.create()["UUID"]
    for operation in ("Update", "Delete"):
        with pytest.raises(MappingInUse):
            server.call(operation, UUID=uuid)


def test_12_lists_in_pages_with_a_marker_and_filters_that_name_nothing():
    server = Server()
    for number in range(101):
        server.create_function(f"f{number}")
        server.create(FunctionName=f"f{number}", Enabled=False)
    first = server.call("List", MaxItems=10_000)
    assert len(first["EventSourceMappings"]) == 100
    second = server.call("List", Marker=first["NextMarker"])
    assert len(second["EventSourceMappings"]) == 1
    assert second["NextMarker"] is NULL
    assert len(server.call("List", FunctionName="f7")["EventSourceMappings"]) == 1
    assert len(server.call("List", EventSourceArn=QUEUE)["EventSourceMappings"]) == 100
    foreign = "arn:aws:lambda:us-east-1:123456789012:function:f7"
    for nothing in (
        {"FunctionName": "absent"},
        {"FunctionName": "f7:1"},
        {"FunctionName": foreign},
        {"EventSourceArn": QUEUE + "-absent"},
        {"Marker": "no marker of ours"},
    ):
        assert server.call("List", **nothing) == {"EventSourceMappings": [], "NextMarker": NULL}


def test_an_update_that_names_a_function_looks_for_the_queue_again():
    server = Server()
    uuid = server.create()["UUID"]
    server.settle()
    server.create_function("other")
    answer = server.call("Update", UUID=uuid, FunctionName="other")
    assert answer["FunctionArn"].endswith(":other")
    assert answer["State"] == "Updating"
    server.settle()
    server.apply(server.queues, DeleteQueue(server.queue))
    assert server.refusal("Update", UUID=uuid, FunctionName="handle") == NO_QUEUE
    assert server.refusal("Update", UUID=uuid, FunctionName="absent") == "Function does not exist"
    assert server.call("Update", UUID=uuid, BatchSize=2)["BatchSize"] == 2


def test_delete_answers_with_the_whole_configuration():
    server = Server()
    created = server.create()
    server.settle()
    deleted = server.call("Delete", UUID=created["UUID"])
    assert deleted["State"] == "Deleting"
    assert set(deleted) == set(created)
    server.settle()
    for operation in ("Get", "Update", "Delete"):
        with pytest.raises(MappingNotFound):
            server.call(operation, UUID=created["UUID"])
