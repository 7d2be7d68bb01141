"""boto3 against a real server: quiet tenants first on a standard queue (spec/sqs.md 6)."""

import pytest

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


def send(sqs, url, bodies, group):
    entries = [
        {"Id": str(place), "MessageBody": body, "MessageGroupId": group}
        for place, body in enumerate(bodies)
    ]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert "Failed" not in answer
    assert "SequenceNumber" not in answer["Successful"][0]


def receive(sqs, url):
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    return [
        (message["Body"], message["Attributes"]["MessageGroupId"]) for message in answer["Messages"]
    ]


def test_a_quiet_tenant_does_not_wait_for_a_noisy_one(sqs):
    url = sqs.create_queue(QueueName="fair-tenants")["QueueUrl"]
    for batch in range(6):
        send(sqs, url, [f"noisy {batch}{place}" for place in range(10)], "noisy")
    for batch in range(4):
        assert receive(sqs, url)[0] == (f"noisy {batch}0", "noisy")
    send(sqs, url, ["quiet 1", "quiet 2"], "quiet")
    found = receive(sqs, url)
    assert found[:3] == [("quiet 1", "quiet"), ("quiet 2", "quiet"), ("noisy 40", "noisy")]
    assert len(found) == 10
