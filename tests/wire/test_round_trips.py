"""Whatever botocore can send is read as it was meant, and what we write botocore reads back."""

import hashlib
import string

from hypothesis import given
from hypothesis import strategies as st

from headrace.wire.catalog import LAMBDA, SQS
from tests.wire.judge import exchange, json_client, lambda_client, query_client

#: Any text that a body may hold (spec/sqs.md 4.6), and shorter text without its controls.
BODIES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r&<>\"'%+="),
    max_size=40,
)
NAMES = st.text(string.ascii_letters + string.digits + "_-.", min_size=1, max_size=20)
SCALARS = {
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "blob": st.binary(max_size=30),
    "string": BODIES,
}
#: The judge checks the MD5s of what it receives; they are left out or made to fit.
DIGESTS = {"MD5OfBody", "MD5OfMessageAttributes", "MD5OfMessageBody"}


def values(service, name, *, required=True):
    """Return a strategy of values of a shape; containers are never empty: those are omitted."""
    shape = service.shapes[name]
    if shape.kind == "structure":
        members = {
            member.name: values(service, member.shape, required=required)
            for member in shape.members
            if member.name not in DIGESTS and member.place == "body"
        }
        needed = {member.name for member in shape.members if member.required and required}
        return st.fixed_dictionaries(
            {key: value for key, value in members.items() if key in needed},
            optional={key: value for key, value in members.items() if key not in needed},
        )
    if shape.kind == "list":
        inner = values(service, shape.item, required=required)
        return st.lists(inner, min_size=1, max_size=3)
    if shape.kind == "map":
        return st.dictionaries(
            NAMES, values(service, shape.item, required=required), min_size=1, max_size=3
        )
    return SCALARS[shape.kind]


def sent(operation):
    return values(SQS, SQS.operations[operation].input)


def check_request(client, operation, parameters):
    """Send parameters through botocore and compare what is read."""
    call, _ = exchange(client, operation, parameters, {})
    assert (call.operation, call.parameters) == (operation, parameters)


def check_answer(client, operation, parameters, result):
    """Answer with a result and compare what botocore reads."""
    _, response = exchange(client, operation, parameters, result)
    assert response == result


@given(sent("SendMessage"))
def test_send_message(parameters):
    parameters["QueueUrl"] = "http://127.0.0.1/1/q"
    check_request(json_client(), "SendMessage", parameters)
    check_request(query_client(), "SendMessage", parameters)


@given(sent("SendMessageBatch"))
def test_send_message_batch(parameters):
    parameters["QueueUrl"] = "http://127.0.0.1/1/q"
    check_request(json_client(), "SendMessageBatch", parameters)
    check_request(query_client(), "SendMessageBatch", parameters)


@given(sent("CreateQueue"))
def test_create_queue(parameters):
    check_request(json_client(), "CreateQueue", parameters)
    check_request(query_client(), "CreateQueue", parameters)


@given(values(SQS, "Message", required=False))
def test_received_messages(message):
    message["Body"] = message.get("Body", "") + "\r\n"
    message["MD5OfBody"] = hashlib.md5(message["Body"].encode()).hexdigest()
    if not all(message.get("MessageAttributes", {}).values()):
        del message["MessageAttributes"]  # an attribute without any member is an empty map
    parameters = {"QueueUrl": "http://127.0.0.1/1/q"}
    result = {"Messages": [message]}
    check_answer(json_client(), "ReceiveMessage", parameters, result)
    check_answer(query_client(), "ReceiveMessage", parameters, result)


@given(values(SQS, "ListMessageMoveTasksResult"))
def test_listed_move_tasks(result):
    result["Results"] = [task for task in result.get("Results", []) if task] or [{"Status": "X"}]
    check_answer(json_client(), "ListMessageMoveTasks", {"SourceArn": "a"}, result)
    check_answer(query_client(), "ListMessageMoveTasks", {"SourceArn": "a"}, result)


FUNCTION = values(LAMBDA, "FunctionConfiguration", required=False)


@given(st.lists(FUNCTION, max_size=2))
def test_listed_functions(functions):
    check_answer(lambda_client(), "ListFunctions", {}, {"Functions": functions})


@given(st.binary(max_size=100))
def test_invoke_carries_any_bytes_both_ways(payload):
    parameters = {"FunctionName": "f", "Payload": payload}
    call, response = exchange(
        lambda_client(), "Invoke", parameters, {"StatusCode": 200, "Payload": payload}
    )
    assert call.parameters == parameters
    assert response["Payload"].read() == payload
