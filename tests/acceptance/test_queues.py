"""boto3 against a real server: every queue operation, there and back, and errors as exceptions."""

import hashlib
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.running import REGION

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


def error_of(call, *arguments, **parameters):
    """Return the code and the message of the exception that a call raises."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def arn_of(url):
    account, name = url.split("/")[-2:]
    return f"arn:aws:sqs:{REGION}:{account}:{name}"


def test_a_queue_is_created_found_listed_and_deleted(sqs, server):
    url = sqs.create_queue(QueueName="life-1", Attributes={"DelaySeconds": "5"})["QueueUrl"]
    assert url == f"{server.endpoint_url}/000000000000/life-1"
    assert sqs.create_queue(QueueName="life-1", Attributes={"DelaySeconds": "5"})["QueueUrl"] == url
    assert sqs.get_queue_url(QueueName="life-1")["QueueUrl"] == url
    other = sqs.create_queue(QueueName="life-2")["QueueUrl"]
    assert sqs.list_queues(QueueNamePrefix="life-")["QueueUrls"] == [url, other]
    page = sqs.list_queues(QueueNamePrefix="life-", MaxResults=1)
    assert page["QueueUrls"] == [url]
    rest = sqs.list_queues(QueueNamePrefix="life-", MaxResults=1, NextToken=page["NextToken"])
    assert rest["QueueUrls"] == [other]
    sqs.delete_queue(QueueUrl=url)
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="life-1")
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="life-1")
    with pytest.raises(sqs.exceptions.QueueDeletedRecently):
        sqs.create_queue(QueueName="life-1")


def test_attributes_are_set_and_read(sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "77"})
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert found["VisibilityTimeout"] == "77"
    assert found["QueueArn"] == arn_of(queue)
    assert found["ApproximateNumberOfMessages"] == "0"
    some = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["DelaySeconds"])
    assert some["Attributes"] == {"DelaySeconds": "0"}


def test_a_message_is_sent_received_and_deleted(sqs, queue):
    body = 'Grüße, "Welt"\r\n\t<&> \U0001f600'
    attributes = {
        "text": {"DataType": "String", "StringValue": "käse"},
        "number": {"DataType": "Number.int", "StringValue": "12"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
    (message,) = sqs.receive_message(
        QueueUrl=queue, AttributeNames=["All"], MessageAttributeNames=["All"]
    )["Messages"]  # botocore has checked the digest of the body
    assert message["Body"] == body
    assert message["MessageId"] == sent["MessageId"]
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["MessageAttributes"] == attributes
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert abs(int(message["Attributes"]["SentTimestamp"]) - time.time() * 1_000) < 60_000
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_batches_say_of_each_entry_what_became_of_it(sqs, queue):
    entries = [{"Id": f"e{number}", "MessageBody": str(number)} for number in range(9)]
    sent = sqs.send_message_batch(
        QueueUrl=queue, Entries=[*entries, {"Id": "bad", "MessageBody": "\x00"}]
    )
    assert [entry["Id"] for entry in sent["Successful"]] == [entry["Id"] for entry in entries]
    assert [entry["Id"] for entry in sent["Failed"]] == ["bad"]
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert {message["Body"] for message in received} == {str(number) for number in range(9)}
    handles = [
        {"Id": f"h{number}", "ReceiptHandle": message["ReceiptHandle"]}
        for number, message in enumerate(received)
    ]
    changed = sqs.change_message_visibility_batch(
        QueueUrl=queue,
        Entries=[{**handle, "VisibilityTimeout": 0} for handle in handles[:2]]
        + [{"Id": "x", "ReceiptHandle": "nonsense", "VisibilityTimeout": 0}],
    )
    assert [entry["Id"] for entry in changed["Successful"]] == ["h0", "h1"]
    assert [entry["Id"] for entry in changed["Failed"]] == ["x"]
    deleted = sqs.delete_message_batch(QueueUrl=queue, Entries=handles[2:])
    assert len(deleted["Successful"]) == 7
    again = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert {message["Body"] for message in again} == {
        received[0]["Body"],
        received[1]["Body"],
    }


def test_visibility_is_changed(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    (first,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    sqs.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0
    )
    (again,) = sqs.receive_message(QueueUrl=queue, AttributeNames=["All"])["Messages"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_long_poll_is_answered_when_a_message_becomes_visible(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=1)
    began = time.monotonic()
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "later"
    assert 0.5 < time.monotonic() - began < 10


def test_a_message_that_is_received_too_often_goes_to_the_dead_letter_queue(sqs, queue):
    dead = sqs.create_queue(QueueName=queue.rpartition("/")[2] + "-dead")["QueueUrl"]
    policy = f'{{"deadLetterTargetArn": "{arn_of(dead)}", "maxReceiveCount": 1}}'
    sqs.set_queue_attributes(
        QueueUrl=queue, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"}
    )
    sent = sqs.send_message(QueueUrl=queue, MessageBody="poison")
    assert len(sqs.receive_message(QueueUrl=queue)["Messages"]) == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    (message,) = sqs.receive_message(QueueUrl=dead, AttributeNames=["All"])["Messages"]
    assert message["MessageId"] == sent["MessageId"]
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn_of(queue)


def test_a_queue_is_purged_once_a_minute(sqs, queue):
    for number in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    sqs.purge_queue(QueueUrl=queue)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    with pytest.raises(sqs.exceptions.PurgeQueueInProgress):
        sqs.purge_queue(QueueUrl=queue)


def test_accounts_and_regions_do_not_see_each_other(server, queue):
    name = queue.rpartition("/")[2]
    stranger = server.client("sqs", key="111122223333")
    try:
        with pytest.raises(stranger.exceptions.QueueDoesNotExist):
            stranger.get_queue_url(QueueName=name)
        url = stranger.create_queue(QueueName=name)["QueueUrl"]
        assert url.endswith(f"/111122223333/{name}")
    finally:
        stranger.close()


def test_errors_are_those_of_aws(sqs, queue):
    missing = f"{queue}-missing"
    assert error_of(sqs.send_message, QueueUrl=missing, MessageBody="a") == (
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
    )
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.delete_queue(QueueUrl=missing)
    name = queue.rpartition("/")[2]
    with pytest.raises(sqs.exceptions.QueueNameExists):
        sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "9"})
    with pytest.raises(sqs.exceptions.InvalidMessageContents):
        sqs.send_message(QueueUrl=queue, MessageBody="\x0b")
    with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle="nonsense")
    with pytest.raises(sqs.exceptions.EmptyBatchRequest):
        sqs.send_message_batch(QueueUrl=queue, Entries=[])
    with pytest.raises(sqs.exceptions.BatchEntryIdsNotDistinct):
        sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "a", "MessageBody": "a"}] * 2)
    with pytest.raises(sqs.exceptions.TooManyEntriesInBatchRequest):
        sqs.send_message_batch(
            QueueUrl=queue, Entries=[{"Id": str(n), "MessageBody": "a"} for n in range(11)]
        )
    with pytest.raises(sqs.exceptions.BatchRequestTooLong):
        sqs.send_message_batch(
            QueueUrl=queue, Entries=[{"Id": str(n), "MessageBody": "a" * 600_000} for n in range(2)]
        )
    with pytest.raises(sqs.exceptions.InvalidAttributeName):
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Nonsense": "1"})
    with pytest.raises(sqs.exceptions.InvalidAttributeValue):
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"DelaySeconds": "901"})
    code, _ = error_of(sqs.receive_message, QueueUrl=queue, MaxNumberOfMessages=11)
    assert code == "InvalidParameterValue"
    code, _ = error_of(sqs.send_message, QueueUrl=queue, MessageBody="a" * 1_048_577)
    assert code == "InvalidParameterValue"
    code, _ = error_of(sqs.start_message_move_task, SourceArn=arn_of(queue))
    assert code == "InvalidParameterValue"


def test_a_message_of_the_greatest_size_comes_back_whole(sqs, queue):
    body = "ß" * 524_288
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == body


def ask_as_old_client(url, form=None):
    """Send a request in the query protocol; return the status and the XML document."""
    scope = f"test/20260101/{REGION}/sqs/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host"}
    data = urllib.parse.urlencode(form).encode() if form else None
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, data, headers))
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        document = ET.fromstring(answer.read())
    return answer.status, {each.tag.rpartition("}")[2]: each.text for each in document.iter()}


def test_old_clients_speak_the_query_protocol(queue):
    body = "a\r\nb & <c>"
    status, sent = ask_as_old_client(queue, {"Action": "SendMessage", "MessageBody": body})
    assert (status, len(sent["MD5OfMessageBody"])) == (200, 32)
    status, found = ask_as_old_client(f"{queue}?Action=ReceiveMessage&MaxNumberOfMessages=1")
    assert (status, found["Body"], found["MessageId"]) == (200, body, sent["MessageId"])
    status, error = ask_as_old_client(f"{queue}-missing?Action=GetQueueAttributes")
    assert (status, error["Code"]) == (400, "AWS.SimpleQueueService.NonExistentQueue")
