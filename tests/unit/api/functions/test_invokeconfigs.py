"""Invoke configs in AWS's words (spec/lambda.md 1.4, 1.18, 13.7)."""

from types import SimpleNamespace

import pytest

from headrace.api.functions.table import OPERATIONS
from headrace.base.errors import ServiceError
from headrace.core.machine import Numbers
from headrace.core.sqs.commands import CreateQueue
from headrace.core.sqs.queues import Queues
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import ACCOUNT, ARN, EPOCH, REGION, creation

PUT, UPDATE, GET, DELETE, LIST = (
    f"{verb}FunctionEventInvokeConfig" for verb in ("Put", "Update", "Get", "Delete", "List")
)
LIST += "s"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:results"


@pytest.fixture
def desk():
    return ConfigDesk()


class ConfigDesk(Desk):
    """A desk with queues, and a second function."""

    def __init__(self):
        super().__init__()
        self.bench.ask(creation("other"))
        self.queues = Queues(b"secret" * 6, Numbers(100))
        for name, attributes in (("results", {}), ("in-order.fifo", {"FifoQueue": "true"})):
            self.queues.apply(CreateQueue(ACCOUNT, REGION, name, attributes, {}), EPOCH, 1)

    def command(self, operation, **parameters):
        rooms = SimpleNamespace(functions=self.bench.room, queues=self.queues)
        given = {"FunctionName": "resize"} | parameters
        return OPERATIONS[operation].command(given, self.context(), rooms)

    def refusal(self, operation, **parameters):
        with pytest.raises(ServiceError) as caught:
            self.ask(operation, **parameters)
        return caught.value

    def put_refused(self, destination, name="resize"):
        given = {"OnSuccess": {"Destination": destination}}
        return self.refusal(PUT, FunctionName=name, DestinationConfig=given).message


def test_what_is_put_is_shown(desk):
    answer = desk.ask(
        PUT,
        MaximumRetryAttempts=0,
        MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": QUEUE}},
    )
    assert answer == {
        "LastModified": EPOCH,
        "FunctionArn": f"{ARN}:$LATEST",
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 60,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": QUEUE}},
    }
    assert desk.ask(GET) == answer
    assert desk.ask(LIST) == {"FunctionEventInvokeConfigs": [answer]}
    assert desk.ask(UPDATE, MaximumRetryAttempts=1) == answer | {"MaximumRetryAttempts": 1}
    assert desk.ask(DELETE) == {}


def test_an_empty_destination_alone_is_a_setting(desk):
    answer = desk.ask(PUT, DestinationConfig={"OnSuccess": {}})
    assert answer["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    assert "MaximumRetryAttempts" not in answer


def test_a_page_that_is_cut_has_a_marker(desk):
    desk.ask("PublishVersion")
    desk.ask(PUT, MaximumRetryAttempts=0)
    desk.ask(PUT, MaximumRetryAttempts=0, Qualifier="1")
    page = desk.ask(LIST, MaxItems=1)
    rest = desk.ask(LIST, Marker=page["NextMarker"])
    arns = [one["FunctionArn"] for one in rest["FunctionEventInvokeConfigs"]]
    assert arns == [f"{ARN}:1"]


@pytest.mark.parametrize(
    "destination",
    [
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:absent",
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:absent",
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other:7",
    ],
)
def test_a_destination_must_exist(desk, destination):
    assert desk.put_refused(destination) == f"The destination ARN {destination} is invalid."
    assert desk.put_refused(destination, "absent") == "The function doesn't exist."


def test_a_function_is_no_destination_of_itself(desk):
    expected = "You can't specify the function as a destination for itself."
    assert desk.put_refused(ARN) == expected
    assert desk.put_refused(f"{ARN}:$LATEST") == expected


@pytest.mark.parametrize(
    "destination",
    [f"arn:aws:ec2:{REGION}:{ACCOUNT}:x", f"arn:aws:sqs:{REGION}:{ACCOUNT}:in-order.fifo"],
)
def test_some_things_cannot_be_sent_to(desk, destination):
    assert desk.put_refused(destination) == (
        "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination="
        f"{destination}), onFailure=null) is invalid."
    )


@pytest.mark.parametrize("service", ["sns", "events", "s3"])
def test_what_this_server_has_not_is_refused_in_words(desk, service):
    message = desk.put_refused(f"arn:aws:{service}:{REGION}:{ACCOUNT}:x")
    assert message == f"This server does not serve destinations of the service {service} yet."


def test_another_function_is_a_destination(desk):
    other = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other"
    answer = desk.ask(PUT, DestinationConfig={"OnSuccess": {"Destination": other}})
    assert answer["DestinationConfig"]["OnSuccess"] == {"Destination": other}
