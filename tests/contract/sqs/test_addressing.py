"""Hosts, queue URLs, regions and accounts (spec/sqs.md 1.5, 14.4 S-A17)."""

import contextlib

import pytest

from headrace.shell.config import Config
from headrace.testing.clock import VirtualClock
from headrace.testing.server import serve_in_thread
from tests.contract.sqs.caller import ACCOUNT, Caller
from tests.contract.sqs.mailbox import receive

PATH = f"/{ACCOUNT}/q"
SIGNED = "AWS4-HMAC-SHA256 Credential={}/20261128/{}/sqs/aws4_request, SignedHeaders=host"


@pytest.fixture
def server():
    """A server that goes by every name."""
    config = Config(port=0, allow_host=("*",))
    with serve_in_thread(config, clock=VirtualClock()) as server:
        yield server


def signed(key="AKIDEXAMPLE", region="us-east-1"):
    return {"Authorization": SIGNED.format(key, region)}


HOSTS = {
    "sqs.eu-west-1.amazonaws.com": "eu-west-1",
    "sqs.cn-north-1.amazonaws.com.cn": "cn-north-1",
    "sqs.eu-west-1.api.aws": "eu-west-1",
    "sqs-fips.us-west-2.amazonaws.com": "us-west-2",
    "queue.amazonaws.com": "us-east-1",
    "eu-west-1.queue.amazonaws.com": "eu-west-1",
    "vpce-1a2b-3c4d.sqs.eu-west-1.vpce.amazonaws.com": "eu-west-1",
    "sqs.eu-west-1.localhost": "eu-west-1",
    "127.0.0.1:4566": "us-east-1",
}


@pytest.mark.parametrize("host", HOSTS)
def test_the_url_and_the_region_follow_the_host(sqs, host):
    """spec/sqs.md 1.5, 11 row 8: every form of endpoint; the region when nothing is signed."""
    made = sqs.ok("CreateQueue", {"QueueName": "q"}, Host=host)
    url = f"http://{host}{PATH}"
    assert made == {"QueueUrl": url}
    assert sqs.ok("GetQueueUrl", {"QueueName": "q"}, Host=host) == made
    assert sqs.ok("ListQueues", Host=host) == {"QueueUrls": [url]}
    asked = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    found = sqs.ok("GetQueueAttributes", asked, Host=host)["Attributes"]["QueueArn"]
    partition = "aws-cn" if host.endswith(".cn") else "aws"
    assert found == f"arn:{partition}:sqs:{HOSTS[host]}:{ACCOUNT}:q"


def test_a_proxy_says_how_it_was_called(sqs):
    """spec/sqs.md 1.5, 13.6 (10), 11 row 8: X-Forwarded-Proto, -Host and -Port."""
    sqs.queue("q")
    proxy = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "sqs.example.org"}
    found = sqs.ok("GetQueueUrl", {"QueueName": "q"}, **proxy)
    assert found == {"QueueUrl": f"https://sqs.example.org{PATH}"}
    found = sqs.ok("GetQueueUrl", {"QueueName": "q"}, **proxy, X_Forwarded_Port="8443")
    assert found == {"QueueUrl": f"https://sqs.example.org:8443{PATH}"}


@pytest.mark.parametrize("protocol", ["json", "query"])
def test_a_public_url_overrides_every_host(protocol):
    """spec/sqs.md 1.5, 11 row 8: the configured public base URL."""
    config = Config(port=0, public_url="https://queues.example.org/")
    with (
        serve_in_thread(config, clock=VirtualClock()) as server,
        contextlib.closing(Caller(protocol, server)) as sqs,
    ):
        base = config.public_url
        made = sqs.ok("CreateQueue", {"QueueName": "q"}, X_Forwarded_Host="elsewhere")
        assert made == {"QueueUrl": f"{base}{PATH}"}
        sqs.ok("SendMessage", {**made, "MessageBody": "b"})
        assert len(sqs.ok("ReceiveMessage", made)["Messages"]) == 1


GOOD = (
    f"https://anything.example{PATH}",
    f"http://queue.amazonaws.com{PATH}",
    f"https://sqs.us-east-1.amazonaws.com{PATH}/",
    f"https://sqs.eu-west-1.amazonaws.com{PATH}",
    f"https://eu-west-1.queue.amazonaws.com{PATH}",
    PATH,
    "q",
    f"http://localhost:4566/queue/us-east-1{PATH}",
)


@pytest.mark.parametrize("url", GOOD)
def test_every_way_to_name_a_queue(sqs, url):
    """spec/sqs.md 1.5, 14.4 S-A17, 11 row 9: account and name matter, the host does not."""
    sqs.queue("q")
    changed = {"QueueUrl": url, "Attributes": {"DelaySeconds": "0"}}
    assert sqs.ok("SetQueueAttributes", changed) == {}
    assert sqs.attributes(url, "DelaySeconds") == {"DelaySeconds": "0"}
    sqs.ok("SendMessage", {"QueueUrl": url, "MessageBody": "b"})
    (message,) = sqs.ok("ReceiveMessage", {"QueueUrl": url})["Messages"]
    assert message["Body"] == "b"


BAD = (
    f"https://queue.amazonaws.com/{ACCOUNT}/unknown",
    "http://whatever-incorrect-queue-address",
    f"http://localhost:4566{PATH}-not-existing",
    "absent",
    "http://localhost:4566/111111111111/q",
    "http://localhost:4566/12/q",
    f"http://localhost:4566/queue/eu-west-1{PATH}",
    "",
)


@pytest.mark.parametrize("url", BAD)
def test_what_names_no_queue(sqs, url):
    """spec/sqs.md 1.4, 1.5, 12 Q11, 11 row 9: also another account's and a malformed one."""
    sqs.queue("q")
    kind = "QueueDoesNotExist" if url else "MissingRequiredParameterException"
    for operation in ("SendMessage", "DeleteQueue", "GetQueueAttributes"):
        assert sqs.refusal(operation, {"QueueUrl": url, "MessageBody": "b"})[0] == kind


def test_a_host_that_names_a_region_means_its_queue_first(sqs):
    """spec/sqs.md 1.5: what a URL was given for is not another region's queue of the same name."""
    for region in ("us-east-1", "eu-west-1"):
        sqs.ok("CreateQueue", {"QueueName": "q"}, **signed(region=region))
    url = f"https://sqs.eu-west-1.amazonaws.com{PATH}"
    asked = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    found = sqs.ok("GetQueueAttributes", asked, **signed(region="us-east-1"))
    assert found == {"Attributes": {"QueueArn": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"}}


def test_the_region_of_the_signature(sqs):
    """spec/sqs.md 1.5: the credential scope before the host; regions are name spaces."""
    host = {"Host": "sqs.eu-west-1.amazonaws.com"}
    url = sqs.ok("CreateQueue", {"QueueName": "q"}, **host, **signed(region="ap-south-1"))
    asked = {"QueueUrl": "q", "AttributeNames": ["QueueArn"]}
    found = sqs.ok("GetQueueAttributes", asked, **signed(region="ap-south-1"))
    assert found == {"Attributes": {"QueueArn": f"arn:aws:sqs:ap-south-1:{ACCOUNT}:q"}}
    assert sqs.ok("ListQueues", **host) == {}
    assert sqs.ok("ListQueues", **host, **signed(region="ap-south-1")) == {
        "QueueUrls": [url["QueueUrl"]]
    }


def test_an_access_key_of_twelve_digits_is_the_account(sqs):
    """spec/sqs.md 1.5: accounts are name spaces; a URL with an account reaches its queue."""
    made = sqs.ok("CreateQueue", {"QueueName": "q"}, **signed("111111111111"))
    assert made["QueueUrl"].endswith("/111111111111/q")
    assert sqs.ok("ListQueues") == {}
    sqs.ok("SendMessage", {**made, "MessageBody": "from another account"})
    (message,) = sqs.ok("ReceiveMessage", made)["Messages"]
    assert message["Body"] == "from another account"


OWNERS_ONLY = {
    "AddPermission": {"Label": "l", "AWSAccountIds": ["1" * 12], "Actions": ["*"]},
    "DeleteQueue": {},
    "ListQueueTags": {},
    "RemovePermission": {"Label": "l"},
    "SetQueueAttributes": {"Attributes": {"DelaySeconds": "1"}},
    "TagQueue": {"Tags": {"k": "v"}},
    "UntagQueue": {"TagKeys": ["k"]},
}


@pytest.mark.parametrize("operation", OWNERS_ONLY)
def test_what_no_policy_allows_another_account(sqs, operation):
    """spec/sqs.md 2: cross-account use is impossible; 1.4: AccessDenied in words of 2022 and on."""
    url = sqs.queue("q", Policy='{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}')
    before = sqs.attributes(url)
    given = {"QueueUrl": url} | OWNERS_ONLY[operation]
    action = f"sqs:{operation.lower()}"
    text = (
        f"User: arn:aws:iam::111111111111:root is not authorized to perform: {action} on "
        f"resource: arn:aws:sqs:us-east-1:{ACCOUNT}:q because no resource-based policy allows "
        f"the {action} action"
    )
    refusal = sqs.refusal(operation, given, **signed("111111111111"))
    assert refusal == ("AccessDenied", text)
    assert sqs.attributes(url) == before
    if operation != "RemovePermission":
        sqs.ok(operation, given, **signed(ACCOUNT))


def test_a_sender_has_an_id_without_users(sqs):
    """spec/sqs.md 12 Q24: like a user's, one for each access key, and there for `All`."""
    url = sqs.queue("q")
    for key in ("AKIDONE", "AKIDONE", "AKIDTWO"):
        sqs.ok("SendMessage", {"QueueUrl": url, "MessageBody": "b"}, **signed(key))
    first, second, other = (row["Attributes"]["SenderId"] for row in receive(sqs, url))
    assert first == second != other
    assert first.startswith("AIDA")
