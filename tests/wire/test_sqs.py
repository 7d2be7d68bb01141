"""SQS in both protocols: bytes written down, botocore as judge, every error as clients read it."""

import botocore.exceptions
import pytest

from headrace.base.errors import InternalFailure, ServiceError
from headrace.core.sqs import errors
from headrace.wire.answer import encode_error, encode_result
from headrace.wire.catalog import SQS
from headrace.wire.envelope import HttpRequest
from headrace.wire.route import identify, route
from tests.wire.judge import exchange, json_client, query_client
from tests.wire.sqs_goldens import GOLDENS, REQUEST_ID

every_golden = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.operation)
CLIENTS = {"json": json_client, "query": query_client}
either_protocol = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)


class QueueDoesNotExist(ServiceError):
    code = "QueueDoesNotExist"
    query_code = "AWS.SimpleQueueService.NonExistentQueue"
    status = 400
    fault = "Sender"


class InvalidAttributeValue(ServiceError):
    code = "InvalidAttributeValue"
    query_code = "InvalidAttributeValue"
    status = 400
    fault = "Sender"


class MissingParameter(ServiceError):
    code = "MissingRequiredParameterException"
    query_code = "MissingParameter"
    status = 400
    fault = "Sender"


def json_request(operation, body, path="/"):
    return HttpRequest("POST", path, {"x-amz-target": f"AmazonSQS.{operation}"}, body)


def query_request(body, path="/", **headers):
    form = {"host": "127.0.0.1:4566", "content-type": "application/x-www-form-urlencoded"}
    return HttpRequest("POST", path, {**form, **headers}, body)


def test_every_operation_has_a_golden():
    assert [golden.operation for golden in GOLDENS] == sorted(SQS.operations)


@every_golden
def test_a_json_request_is_read(golden):
    call = route(json_request(golden.operation, golden.json_request))
    assert (call.service, call.operation) == ("sqs", golden.operation)
    assert call.parameters == golden.parameters


@every_golden
def test_a_query_request_is_read(golden):
    call = route(query_request(golden.query_request))
    assert (call.service, call.operation) == ("sqs", golden.operation)
    assert call.parameters == golden.parameters


@every_golden
def test_a_query_request_by_get_is_read(golden):
    target = f"/?{golden.query_request.decode()}"
    call = route(HttpRequest("GET", target, {"host": "127.0.0.1:4566"}, b""))
    assert (call.operation, call.parameters) == (golden.operation, golden.parameters)


@every_golden
def test_a_json_answer_is_written_to_the_byte(golden):
    call = route(json_request(golden.operation, golden.json_request))
    response = encode_result(call, golden.result, REQUEST_ID)
    assert response.status == 200
    assert response.headers == [
        ("Content-Type", "application/x-amz-json-1.0"),
        ("x-amzn-RequestId", REQUEST_ID),
    ]
    assert response.body == golden.json_answer


@every_golden
def test_a_query_answer_is_written_to_the_byte(golden):
    call = route(query_request(golden.query_request))
    response = encode_result(call, golden.result, REQUEST_ID)
    assert response.status == 200
    assert response.headers == [("Content-Type", "text/xml"), ("x-amzn-RequestId", REQUEST_ID)]
    assert response.body == golden.query_answer


@either_protocol
@every_golden
def test_botocore_and_the_wire_understand_each_other(golden, client):
    call, response = exchange(client(), golden.operation, golden.parameters, golden.result)
    assert (call.operation, call.parameters) == (golden.operation, golden.parameters)
    assert response == golden.result


@either_protocol
def test_the_credential_scope_of_a_signed_request_is_read(client):
    call, _ = exchange(client(), "ListQueues", {}, {})
    credentials = call.credentials
    assert credentials.access_key_id == "AKIAIOSFODNN7EXAMPLE"
    assert (credentials.region, credentials.service) == ("eu-west-1", "sqs")


def refusal(pair, operation, parameters, error):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        exchange(pair, operation, parameters, error)
    return caught.value


@either_protocol
def test_a_missing_queue_is_the_same_exception_to_clients_of_either_protocol(client):
    error = QueueDoesNotExist("The specified queue does not exist.")
    caught = refusal(client(), "DeleteQueue", {"QueueUrl": "http://x/1/q"}, error)
    assert caught.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert caught.response["Error"]["Type"] == "Sender"
    assert caught.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_missing_queue_is_the_modelled_exception_in_json():
    error = QueueDoesNotExist("The specified queue does not exist.")
    caught = refusal(json_client(), "DeleteQueue", {"QueueUrl": "http://x/1/q"}, error)
    assert type(caught).__name__ == "QueueDoesNotExist"
    assert caught.response["Error"]["QueryErrorCode"] == "QueueDoesNotExist"
    assert caught.response["Error"]["Message"] == "The specified queue does not exist."
    assert "message" not in caught.response  # its old code is not the shape's name (S-C2)


def test_an_error_whose_old_code_is_the_shape_shows_its_message_on_top():
    error = InvalidAttributeValue("Invalid value for the parameter DelaySeconds.")
    parameters = {"QueueUrl": "http://x/1/q", "Attributes": {"DelaySeconds": "x"}}
    caught = refusal(json_client(), "SetQueueAttributes", parameters, error)
    assert caught.response["message"] == "Invalid value for the parameter DelaySeconds."


@pytest.mark.parametrize(
    "kind, is_on_top",
    [
        (errors.InvalidAttributeName, True),
        (errors.InvalidAttributeValue, True),
        (errors.ResourceNotFound, True),
        (errors.QueueNameExists, False),
        (errors.QueueDoesNotExist, False),
        (errors.BatchRequestTooLong, False),
        (errors.TooManyEntriesInBatchRequest, False),
        (errors.InvalidBatchEntryId, False),
        (errors.PurgeQueueInProgress, False),
        (errors.InvalidParameterValue, False),
        (errors.MissingParameter, False),
    ],
)
def test_where_botocore_shows_the_message(kind, is_on_top):
    """spec/sqs.md 14.1 S-C2: on top too when the old code is itself the name of a shape."""
    caught = refusal(json_client(), "DeleteQueue", {"QueueUrl": "http://x/1/q"}, kind("why"))
    assert caught.response["Error"]["Message"] == "why"
    assert caught.response.get("message") == ("why" if is_on_top else None)


@pytest.mark.parametrize(
    "operation, text",
    [
        ("DeleteQueue", "The specified queue does not exist for this wsdl version."),
        ("GetQueueUrl", "The specified queue does not exist or you do not have access to it."),
    ],
)
def test_a_missing_queue_has_other_texts_in_the_query_protocol(operation, text):
    error = QueueDoesNotExist("The specified queue does not exist.")
    parameters = {"GetQueueUrl": {"QueueName": "q"}}.get(operation, {"QueueUrl": "http://x/1/q"})
    caught = refusal(query_client(), operation, parameters, error)
    assert caught.response["Error"]["Message"] == text
    assert caught.response["Error"]["Detail"] is None


def test_a_json_error_is_written_to_the_byte():
    error = QueueDoesNotExist("The specified queue does not exist.")
    response = encode_error(identify(json_request("DeleteQueue", b"")), error, REQUEST_ID)
    assert response.status == 400
    assert response.headers == [
        ("Content-Type", "application/x-amz-json-1.0"),
        ("x-amzn-RequestId", REQUEST_ID),
        ("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"),
    ]
    assert response.body == (
        b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist",'
        b'"message":"The specified queue does not exist."}'
    )
    assert len(response.body) == 96  # as recorded: spec/sqs.md 1.2


def test_a_query_error_is_written_to_the_byte():
    error = MissingParameter('The request must contain the parameter "A" & <B>.')
    protocol = identify(query_request(b"Action=SendMessage"))
    response = encode_error(protocol, error, REQUEST_ID)
    assert response.status == 400
    assert response.headers == [("Content-Type", "text/xml"), ("x-amzn-RequestId", REQUEST_ID)]
    assert response.body == (
        b'<?xml version="1.0"?>'
        b'<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error>'
        b"<Type>Sender</Type><Code>MissingParameter</Code>"
        b"<Message>The request must contain the parameter &quot;A&quot; &amp; &lt;B&gt;.</Message>"
        b"<Detail/></Error><RequestId>5b1f8d8e-0000-4000-8000-0242ac120002</RequestId>"
        b"</ErrorResponse>"
    )


@either_protocol
def test_a_failure_of_ours_is_a_500_of_the_receiver(client):
    caught = refusal(client(), "ListQueues", {}, InternalFailure("We failed."))
    assert caught.response["Error"]["Code"] == "InternalFailure"
    assert caught.response["Error"]["Type"] == "Receiver"
    assert caught.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_nothing_is_asked_for_is_a_404_in_xml_even_for_those_who_accept_json():
    request = HttpRequest("GET", "/", {"accept": "application/json"}, b"")
    with pytest.raises(ServiceError) as caught:
        route(request)
    response = encode_error(identify(request), caught.value, REQUEST_ID)
    assert (response.status, response.body) == (404, b"<UnknownOperationException/>")


def answer_in_json(body, result, path="/"):
    call = route(query_request(body, path, accept="application/json"))
    response = encode_result(call, result, REQUEST_ID)
    assert response.headers[0] == ("Content-Type", "application/json")
    return response.body


def test_a_query_call_that_accepts_json_is_answered_in_json():
    body = answer_in_json(b"Action=ListQueues", {"QueueUrls": ["http://x/1/q"]})
    assert body == (
        b'{"ListQueuesResponse":{"ListQueuesResult":{"QueueUrls":["http://x/1/q"]},'
        b'"ResponseMetadata":{"RequestId":"5b1f8d8e-0000-4000-8000-0242ac120002"}}}'
    )


def test_attributes_in_a_json_rendering_are_a_list_of_names_and_values():
    body = answer_in_json(
        b"Action=GetQueueAttributes", {"Attributes": {"DelaySeconds": "0"}}, "/1/q"
    )
    assert b'"Attributes":[{"Name":"DelaySeconds","Value":"0"}]' in body


def test_received_messages_in_a_json_rendering_are_in_lower_case_and_keep_their_text():
    text = 'a\r\n&quot;"'
    body = answer_in_json(b"Action=ReceiveMessage", {"Messages": [{"Body": text}]}, "/1/q")
    assert b'"ReceiveMessageResult":{"messages":[{"Body":"a\\r\\n&quot;\\""}]}' in body


def test_a_void_operation_in_a_json_rendering_has_metadata_only():
    assert answer_in_json(b"Action=PurgeQueue", {}, "/1/q") == (
        b'{"PurgeQueueResponse":'
        b'{"ResponseMetadata":{"RequestId":"5b1f8d8e-0000-4000-8000-0242ac120002"}}}'
    )


def test_an_error_in_a_json_rendering():
    protocol = identify(query_request(b"Action=PurgeQueue", accept="application/json"))
    response = encode_error(protocol, QueueDoesNotExist("x"), REQUEST_ID)
    assert response.body == (
        b'{"Error":{"Code":"AWS.SimpleQueueService.NonExistentQueue",'
        b'"Message":"The specified queue does not exist for this wsdl version.","Type":"Sender"},'
        b'"RequestId":"5b1f8d8e-0000-4000-8000-0242ac120002"}'
    )
