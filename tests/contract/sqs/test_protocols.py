"""How calls and answers are written, byte by byte (spec/sqs.md 1.1 to 1.4, 14.1, 14.4)."""

import json
from urllib.parse import urlencode

import pytest

from tests.contract.sqs.caller import ACCOUNT, XMLNS

NO_QUEUE = "The specified queue does not exist."
NO_QUEUE_IN_QUERY = "The specified queue does not exist for this wsdl version."
NO_QUEUE_OR_ACCESS = "The specified queue does not exist or you do not have access to it."
JSON = {"Content-Type": "application/x-amz-json-1.0"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATH = f"/{ACCOUNT}/q"
#: Every operation that takes a QueueUrl, with what else it needs.
ON_A_QUEUE = {
    "AddPermission": {"Label": "l", "AWSAccountIds": ["111111111111"], "Actions": ["*"]},
    "ChangeMessageVisibility": {"ReceiptHandle": "unknown", "VisibilityTimeout": 99_999},
    "ChangeMessageVisibilityBatch": {"Entries": [{"Id": "?", "ReceiptHandle": "unknown"}]},
    "DeleteMessage": {"ReceiptHandle": "unknown"},
    "DeleteMessageBatch": {"Entries": []},
    "DeleteQueue": {},
    "GetQueueAttributes": {"AttributeNames": ["Foobar"]},
    "ListDeadLetterSourceQueues": {"MaxResults": 0},
    "ListQueueTags": {},
    "PurgeQueue": {},
    "ReceiveMessage": {"MaxNumberOfMessages": 11},
    "RemovePermission": {"Label": "l"},
    "SendMessage": {"MessageBody": ""},
    "SendMessageBatch": {"Entries": []},
    "SetQueueAttributes": {"Attributes": {"Foobar": "1"}},
    "TagQueue": {"Tags": {}},
    "UntagQueue": {"TagKeys": []},
}


def absent(server):
    return f"{server.endpoint_url}/{ACCOUNT}/absent"


# --- errors ---------------------------------------------------------------------------------------


def test_an_error_in_json_to_the_byte(json_sqs, server):
    """spec/sqs.md 1.2, 13.6 (2), 11 rows 1, 2 and 4: the real answer of 96 bytes."""
    answer = json_sqs.call("DeleteQueue", {"QueueUrl": absent(server)})
    assert answer.status == 400
    assert answer.body == (
        b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist",'
        b'"message":"The specified queue does not exist."}'
    )
    assert answer.headers["content-length"] == "96"
    assert answer.headers["content-type"] == "application/x-amz-json-1.0"
    expected = "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert answer.headers["x-amzn-query-error"] == expected


@pytest.mark.parametrize("mode", [{}, {"x_amzn_query_mode": "true"}])
def test_the_old_code_stands_on_every_error_in_json(json_sqs, mode):
    """spec/sqs.md 1.2, 11 row 1: whether or not x-amzn-query-mode was sent."""
    refusal = json_sqs.refusal("CreateQueue", {"QueueName": "a b"}, **mode)
    assert refusal[0] == "InvalidParameterValueException"


def test_an_error_in_xml_to_the_byte(query_sqs, server):
    """spec/sqs.md 1.3, 13.6 (2), 14.4 S-A16, 11 rows 2 and 3: no white space, an empty Detail."""
    answer = query_sqs.call("DeleteQueue", {"QueueUrl": absent(server)})
    assert (answer.status, answer.headers["content-type"]) == (400, "text/xml")
    assert answer.body.decode() == (
        f'<?xml version="1.0"?><ErrorResponse xmlns="{XMLNS}"><Error><Type>Sender</Type>'
        "<Code>AWS.SimpleQueueService.NonExistentQueue</Code>"
        f"<Message>{NO_QUEUE_IN_QUERY}</Message><Detail/></Error>"
        f"<RequestId>{answer.headers['x-amzn-requestid']}</RequestId></ErrorResponse>"
    )


@pytest.mark.parametrize("operation", ON_A_QUEUE)
def test_the_queue_is_looked_up_before_anything_else(sqs, server, operation):
    """spec/sqs.md 2 (common), 1.4, 8.1 (unknown queue), 11 row 3: whatever else is wrong."""
    members = {"QueueUrl": absent(server), **ON_A_QUEUE[operation]}
    text = NO_QUEUE if sqs.protocol == "json" else NO_QUEUE_IN_QUERY
    assert sqs.refusal(operation, members) == ("QueueDoesNotExist", text)


def test_a_queue_that_is_looked_for_and_not_there(sqs):
    """spec/sqs.md 1.3, 2.3, 11 row 3: the third text, of Query's GetQueueUrl."""
    text = NO_QUEUE if sqs.protocol == "json" else NO_QUEUE_OR_ACCESS
    assert sqs.refusal("GetQueueUrl", {"QueueName": "absent"}) == ("QueueDoesNotExist", text)


#: Operation to its required members, one of which is left out at a time.
REQUIRED = {
    "AddPermission": ("Label",),
    "CancelMessageMoveTask": ("TaskHandle",),
    "ChangeMessageVisibility": ("ReceiptHandle", "VisibilityTimeout"),
    "DeleteMessage": ("ReceiptHandle",),
    "GetQueueUrl": ("QueueName",),
    "ListMessageMoveTasks": ("SourceArn",),
    "RemovePermission": ("Label",),
    "SendMessage": ("MessageBody",),
    "SetQueueAttributes": ("Attributes",),
    "StartMessageMoveTask": ("SourceArn",),
    "TagQueue": ("Tags",),
}


@pytest.mark.parametrize(
    "operation, name", [(operation, name) for operation, row in REQUIRED.items() for name in row]
)
def test_a_missing_parameter(sqs, operation, name):
    """spec/sqs.md 1.3, 2, 2.7, 2.10, 2.11: "The request must contain the parameter Y."."""
    members = {"QueueUrl": sqs.queue("q")} if operation in ON_A_QUEUE else {}
    members |= ON_A_QUEUE.get(operation, {})
    members.pop(name, None)
    text = f"The request must contain the parameter {name}."
    refusal = ("MissingRequiredParameterException", text)
    assert sqs.refusal(operation, members) == refusal


@pytest.mark.parametrize("operation", ON_A_QUEUE)
def test_a_missing_queue_url(sqs, operation):
    """spec/sqs.md 2 (common): on `/`."""
    text = "The request must contain the parameter QueueUrl."
    refusal = ("MissingRequiredParameterException", text)
    assert sqs.refusal(operation, ON_A_QUEUE[operation]) == refusal


# --- JSON -----------------------------------------------------------------------------------------


def test_a_result_in_json(json_sqs):
    """spec/sqs.md 1.2: 200, the content type, an id that is a UUID."""
    answer = json_sqs.call("CreateQueue", {"QueueName": "q"})
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/x-amz-json-1.0"
    assert len(answer.headers["x-amzn-requestid"]) == 36
    assert answer.body == f'{{"QueueUrl":"{json_sqs.server.endpoint_url}{PATH}"}}'.encode()


def void_calls(url, handle):
    on_queue, on_message = {"QueueUrl": url}, {"QueueUrl": url, "ReceiptHandle": handle}
    return [
        ("AddPermission", on_queue | ON_A_QUEUE["AddPermission"]),
        ("RemovePermission", on_queue | {"Label": "l"}),
        ("TagQueue", on_queue | {"Tags": {"a": "1"}}),
        ("UntagQueue", on_queue | {"TagKeys": ["a"]}),
        ("SetQueueAttributes", on_queue | {"Attributes": {"DelaySeconds": "0"}}),
        ("ChangeMessageVisibility", on_message | {"VisibilityTimeout": 5}),
        ("DeleteMessage", on_message),
        ("PurgeQueue", on_queue),
        ("DeleteQueue", on_queue),
    ]


def test_what_has_no_result_answers_with_nothing(sqs):
    """spec/sqs.md 1.2: no bytes at all in JSON; 1.3: no Result element in XML."""
    url = sqs.queue("q")
    sqs.ok("SendMessage", {"QueueUrl": url, "MessageBody": "b"})
    (message,) = sqs.ok("ReceiveMessage", {"QueueUrl": url})["Messages"]
    for operation, members in void_calls(url, message["ReceiptHandle"]):
        answer = sqs.call(operation, members)
        assert answer.status == 200, answer
        if sqs.protocol == "json":
            assert (answer.body, answer.headers["content-length"]) == (b"", "0")
        else:
            assert [child.tag for child in answer.xml] == ["ResponseMetadata"]


def test_what_is_empty_is_left_out(json_sqs):
    """spec/sqs.md 1.2, 2.4, 2.9, 11 rows 6 and 7: `{}`, and neither Failed nor attribute maps."""
    url = json_sqs.queue("q")
    empty = {"ReceiveMessage": {}, "ListQueueTags": {}, "GetQueueAttributes": {}}
    for operation in empty:
        assert json_sqs.call(operation, {"QueueUrl": url}).body == b"{}"
    assert json_sqs.call("ListQueues", {"QueueNamePrefix": "x"}).body == b"{}"
    entry = {"Id": "a", "MessageBody": "b"}
    sent = json_sqs.ok("SendMessageBatch", {"QueueUrl": url, "Entries": [entry]})
    assert sent.keys() == {"Successful"}
    assert sent["Successful"][0].keys() == {"Id", "MessageId", "MD5OfMessageBody"}
    bad = {"Id": "a", "ReceiptHandle": "x"}
    failed = json_sqs.ok("DeleteMessageBatch", {"QueueUrl": url, "Entries": [bad]})
    assert failed.keys() == {"Failed"}
    (message,) = json_sqs.ok("ReceiveMessage", {"QueueUrl": url})["Messages"]
    assert message.keys() == {"MessageId", "ReceiptHandle", "MD5OfBody", "Body"}


def test_an_empty_body_is_an_empty_object(json_sqs):
    """spec/sqs.md 1.2."""
    headers = JSON | {"X-Amz-Target": "AmazonSQS.ListQueues"}
    assert json_sqs.send("POST", "/", headers).body == b"{}"


def test_unknown_members_are_ignored_and_scalars_are_converted(json_sqs):
    """spec/sqs.md 1.2: numbers as strings, and numbers and booleans where text is due."""
    url = json_sqs.queue("q")
    asked = {"QueueUrl": url, "DelaySeconds": "0", "MessageBody": 7, "Foobar": [{}]}
    json_sqs.ok("SendMessage", asked)
    json_sqs.ok("SendMessage", {"QueueUrl": url, "MessageBody": True})
    received = json_sqs.ok("ReceiveMessage", {"QueueUrl": url, "MaxNumberOfMessages": "10"})
    assert sorted(message["Body"] for message in received["Messages"]) == ["7", "true"]


@pytest.mark.parametrize(
    "members, text",
    [
        ({"DelaySeconds": "x"}, "STRING_VALUE can not be converted to an Integer"),
        ({"DelaySeconds": ""}, "STRING_VALUE can not be converted to an Integer"),
        ({"MessageBody": {}}, "Start of structure or map found where not expected."),
        ({"MessageBody": []}, "Start of list found where not expected"),
        ({"MessageAttributes": "x"}, "Unrecognized collection type class java.lang.String"),
    ],
)
def test_another_structure_than_the_model_says(json_sqs, members, text):
    """spec/sqs.md 1.2: SerializationException, 400."""
    asked = {"QueueUrl": json_sqs.queue("q"), "MessageBody": "b", **members}
    answer = json_sqs.call("SendMessage", asked)
    assert (answer.status, answer.json["message"]) == (400, text)
    assert answer.json["__type"].endswith("#SerializationException")


def test_an_unknown_target(json_sqs):
    """spec/sqs.md 1.2, 12 Q14: 400."""
    answer = json_sqs.call("Foobar")
    assert answer.status == 400
    assert answer.json["__type"].endswith("#UnknownOperationException")


def test_json_is_taken_on_a_queues_own_path(json_sqs):
    """spec/sqs.md 1.2, 11 row 10: the QueueUrl in the body decides."""
    one, two = json_sqs.queue("one"), json_sqs.queue("two")
    sent = {"QueueUrl": two, "MessageBody": "b"}
    json_sqs.ok("SendMessage", sent, target=f"/{ACCOUNT}/one")
    assert json_sqs.ok("ReceiveMessage", {"QueueUrl": one}) == {}
    assert len(json_sqs.ok("ReceiveMessage", {"QueueUrl": two})["Messages"]) == 1


def test_the_target_decides_before_the_content_type(json_sqs):
    """spec/sqs.md 1.1: X-Amz-Target is the first test."""
    headers = FORM | {"X-Amz-Target": "AmazonSQS.ListQueues"}
    answer = json_sqs.send("POST", "/?Action=CreateQueue&QueueName=q", headers, b"{}")
    assert (answer.status, answer.body) == (200, b"{}")


# --- query ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method, target", [("GET", "/"), ("POST", "/"), ("GET", PATH)])
@pytest.mark.parametrize("accept", [{}, {"Accept": "application/json"}])
def test_no_action(query_sqs, method, target, accept):
    """spec/sqs.md 1.1, 1.3, 1.4: 404 and XML, even for those who accept JSON."""
    answer = query_sqs.send(method, target, FORM | accept)
    assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>")


@pytest.mark.parametrize("version", ["", "&Version=2012-11-05", "&Version=2008-01-01"])
def test_the_ways_of_a_query(query_sqs, version):
    """spec/sqs.md 1.1, 1.3, 11 row 11: POST of a form, POST and GET of a query string."""
    text = f"Action=CreateQueue&QueueName=q{version}"
    answers = [
        query_sqs.send("POST", "/", FORM, text.encode()),
        query_sqs.send("POST", f"/?{text}"),
        query_sqs.send("GET", f"/?{text}"),
    ]
    url = f"{query_sqs.server.endpoint_url}{PATH}"
    for answer in answers:
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/xml"
        assert answer.body.decode() == (
            f'<?xml version="1.0"?><CreateQueueResponse xmlns="{XMLNS}">'
            f"<CreateQueueResult><QueueUrl>{url}</QueueUrl></CreateQueueResult>"
            f"<ResponseMetadata><RequestId>{answer.headers['x-amzn-requestid']}</RequestId>"
            "</ResponseMetadata></CreateQueueResponse>"
        )


def get(sqs, action, path=PATH, headers=(), **members):
    text = urlencode({"Action": action} | members)
    return sqs.send("GET", f"{path}?{text}", headers)


def test_a_queues_own_path_means_the_queue(query_sqs):
    """spec/sqs.md 1.3: unless there is a QueueUrl, which wins; GetQueueUrl finds any queue."""
    query_sqs.queue("q")
    other = query_sqs.queue("other")
    get(query_sqs, "SendMessage", MessageBody="to q")
    get(query_sqs, "SendMessage", MessageBody="to other", QueueUrl=other)
    for path, body in ((PATH, "to q"), (f"/{ACCOUNT}/other", "to other")):
        answer = get(query_sqs, "ReceiveMessage", path, MaxNumberOfMessages=10)
        assert answer.texts(".//Body") == [body]
    assert get(query_sqs, "GetQueueUrl", QueueName="other").texts(".//QueueUrl") == [other]


@pytest.mark.parametrize("action", ["CreateQueue", "ListQueues", "FooBar"])
def test_what_cannot_be_asked_of_a_queues_own_path(query_sqs, action):
    """spec/sqs.md 1.3, 1.4, 11 row 12: 400 InvalidAction, the exact sentence."""
    query_sqs.queue("q")
    answer = get(query_sqs, action, QueueName="new")
    text = f"The action {action} is not valid for this endpoint."
    assert answer.status == 400
    assert answer.texts("Error/Code") + answer.texts("Error/Message") == ["InvalidAction", text]
    assert len(query_sqs.ok("ListQueues")["QueueUrls"]) == 1


def test_an_empty_receive_in_xml(query_sqs):
    """spec/sqs.md 1.3, 2.9: the result element is there and empty."""
    query_sqs.queue("q")
    body = get(query_sqs, "ReceiveMessage").body
    assert b"<ReceiveMessageResult></ReceiveMessageResult>" in body or (
        b"<ReceiveMessageResult/>" in body
    )


def test_attributes_in_xml_stand_without_white_space(query_sqs):
    """spec/sqs.md 14.4 S-A16."""
    query_sqs.queue("q.fifo")
    asked = {"AttributeName.1": "All"}
    body = get(query_sqs, "GetQueueAttributes", f"/{ACCOUNT}/q.fifo", **asked).body
    assert b"<Attribute><Name>QueueArn</Name><Value>arn:" in body
    assert b"<Attribute><Name>FifoQueue</Name><Value>true</Value></Attribute>" in body


def test_single_forms_without_an_index(query_sqs):
    """spec/sqs.md 1.3, request flattening: as AWS's samples write them."""
    query_sqs.queue("q")
    get(query_sqs, "SetQueueAttributes", **{"Attribute.Name": "DelaySeconds", "Attribute.Value": 3})
    get(query_sqs, "TagQueue", **{"Tag.Key": "a", "Tag.Value": "1"})
    answer = get(query_sqs, "GetQueueAttributes", AttributeName="DelaySeconds")
    assert answer.texts(".//Value") == ["3"]
    assert get(query_sqs, "ListQueueTags").texts(".//Key") == ["a"]
    get(query_sqs, "UntagQueue", TagKey="a")
    assert get(query_sqs, "ListQueueTags").texts(".//Key") == []


def test_indexes_say_the_order_and_may_have_gaps(query_sqs):
    """spec/sqs.md 1.3: sort by index."""
    query_sqs.queue("q")
    names = "SendMessageBatchRequestEntry"
    given = {f"{names}.10.Id": "b", f"{names}.10.MessageBody": "2"}
    given |= {f"{names}.2.Id": "a", f"{names}.2.MessageBody": "1"}
    assert get(query_sqs, "SendMessageBatch", **given).texts(".//Id") == ["a", "b"]


@pytest.mark.parametrize("body", ["a\r\nb", "\r", '\n&quot;"<>&', "\t"])
def test_every_character_comes_back(sqs, body):
    """spec/sqs.md 1.3, 14.1 S-C3: a carriage return is `&#xD;` in XML."""
    url = sqs.queue("q")
    sqs.ok("SendMessage", {"QueueUrl": url, "MessageBody": body})
    answer = sqs.call("ReceiveMessage", {"QueueUrl": url})
    if sqs.protocol == "query":
        assert (b"&#xD;" in answer.body) == ("\r" in body)
        assert answer.texts(".//Body") == [body]
    else:
        assert answer.json["Messages"][0]["Body"] == body


def test_a_query_answered_in_json(query_sqs):
    """spec/sqs.md 1.3, 14.1 S-C3, 11 row 11: for those who accept JSON."""
    query_sqs.queue("q")
    accept = {"Accept": "application/json"}
    listed = get(query_sqs, "ListQueues", "/", accept)
    assert list(listed.json) == ["ListQueuesResponse"]
    assert get(query_sqs, "ListQueues", "/").body.startswith(b'<?xml version="1.0"?><ListQueuesR')
    body = '\r\n&quot;"'
    get(query_sqs, "SendMessage", MessageBody=body)
    received = get(query_sqs, "ReceiveMessage", headers=accept).json["ReceiveMessageResponse"]
    assert received["ReceiveMessageResult"]["messages"][0]["Body"] == body
    asked = {"AttributeName.1": "DelaySeconds"}
    found = get(query_sqs, "GetQueueAttributes", headers=accept, **asked)
    request_id = found.headers["x-amzn-requestid"]
    assert found.json["GetQueueAttributesResponse"] == {
        "GetQueueAttributesResult": {"Attributes": [{"Name": "DelaySeconds", "Value": "0"}]},
        "ResponseMetadata": {"RequestId": request_id},
    }


def test_a_query_refused_in_json(query_sqs):
    """spec/sqs.md 1.3: `{"Error": {...}, "RequestId": ...}`."""
    answer = get(query_sqs, "DeleteQueue", headers={"Accept": "application/json"})
    code = "AWS.SimpleQueueService.NonExistentQueue"
    assert answer.status == 400
    assert json.loads(answer.body) == {
        "Error": {"Code": code, "Message": NO_QUEUE_IN_QUERY, "Type": "Sender"},
        "RequestId": answer.headers["x-amzn-requestid"],
    }


def test_nobody_needs_to_sign(query_sqs):
    """spec/sqs.md 1.5: unsigned, signed in the header, presigned in the query string."""
    signature = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=A/20261128/eu-west-1/sqs/aws4_request"
    }
    presigned = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256"}
    presigned["X-Amz-Credential"] = "A/20261128/eu-west-1/sqs/aws4_request"
    assert get(query_sqs, "CreateQueue", "/", QueueName="q").status == 200
    assert get(query_sqs, "CreateQueue", "/", signature, QueueName="signed").status == 200
    listed = get(query_sqs, "ListQueues", "/", **presigned)
    assert listed.texts(".//QueueUrl") == [f"{query_sqs.server.endpoint_url}/{ACCOUNT}/signed"]
