"""Making, finding, listing, purging and deleting queues (spec/sqs.md 2.1 to 2.4, 2.12, 2.13)."""

import pytest

from tests.contract.sqs.caller import arn

INVALID = "InvalidParameterValueException"
STANDARD_NAME = (
    "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
)
FIFO_NAME = (
    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
    "must end with .fifo suffix and be 1 to 80 in length"
)
FIFO = {"FifoQueue": "true"}


def create(sqs, name, attributes=None):
    return sqs.ok("CreateQueue", {"QueueName": name, "Attributes": attributes or {}})["QueueUrl"]


def refused(sqs, name, attributes=None):
    return sqs.refusal("CreateQueue", {"QueueName": name, "Attributes": attributes or {}})


def differs(name):
    text = f"A queue already exists with the same name and a different value for attribute {name}"
    return "QueueNameExists", text


# --- CreateQueue: names ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "a" * 80, "Az09_-", "-", "_"])
def test_a_name_of_a_standard_queue(sqs, name):
    """spec/sqs.md 0: 1 to 80 of `[A-Za-z0-9_-]`."""
    assert create(sqs, name).endswith(f"/{name}")


@pytest.mark.parametrize("name", ["a/b", "a b", "a.b", "a" * 81, "ä", "q\n", "q.fifo", "q.FIFO"])
def test_a_wrong_name_of_a_standard_queue(sqs, name):
    """spec/sqs.md 2.1 rows 1 and 4, 11 row 46: also `x.fifo` without FifoQueue."""
    assert refused(sqs, name) == (INVALID, STANDARD_NAME)
    assert sqs.ok("ListQueues") == {}


@pytest.mark.parametrize("name", ["a.fifo", "a" * 75 + ".fifo"])
def test_a_name_of_a_fifo_queue(sqs, name):
    """spec/sqs.md 0, 11 row 46: the suffix counts in the 80."""
    assert create(sqs, name, FIFO).endswith(f"/{name}")


@pytest.mark.parametrize(
    "name", ["q", ".fifo", "a" * 76 + ".fifo", "a.b.fifo", "q.FIFO", "q.fifo "]
)
def test_a_wrong_name_of_a_fifo_queue(sqs, name):
    """spec/sqs.md 2.1: `FifoQueue=true` and a name without the suffix; 11 row 46."""
    assert refused(sqs, name, FIFO) == (INVALID, FIFO_NAME)


def test_names_differ_by_case(sqs):
    """spec/sqs.md 0: a name is case-sensitive; 2.4: so is the prefix."""
    urls = [create(sqs, "Q"), create(sqs, "q")]
    assert sqs.ok("ListQueues") == {"QueueUrls": urls}
    assert sqs.ok("ListQueues", {"QueueNamePrefix": "Q"}) == {"QueueUrls": urls[:1]}


@pytest.mark.parametrize(
    "members, text",
    [
        ({}, "Value for parameter QueueName is invalid. Reason: Must specify a queue name."),
        ({"QueueName": ""}, "Queue name cannot be empty"),
    ],
)
def test_no_name(sqs, members, text):
    """spec/sqs.md 2.1: name missing, name empty."""
    assert sqs.refusal("CreateQueue", members) == (INVALID, text)


# --- CreateQueue: attributes ----------------------------------------------------------------------


@pytest.mark.parametrize("value", ["true", "false"])
@pytest.mark.parametrize("name", ["FifoQueue", "ContentBasedDeduplication"])
def test_fifo_attributes_are_unknown_to_standard_queues(sqs, name, value):
    """spec/sqs.md 2.1, 11 row 14: also `FifoQueue=false`; with `true` it is the name that is wrong."""
    expected = ("InvalidAttributeName", f"Unknown Attribute {name}.")
    if (name, value) == ("FifoQueue", "true"):
        expected = INVALID, FIFO_NAME
    assert refused(sqs, "q", {name: value}) == expected


@pytest.mark.parametrize(
    "name, value",
    [("DeduplicationScope", "messageGroup"), ("FifoThroughputLimit", "perMessageGroupId")],
)
def test_choices_of_fifo_queues_are_refused_in_other_words(sqs, name, value):
    """spec/sqs.md 2.1, 14.4 S-A20."""
    text = f"You can specify the {name} only when FifoQueue is set to true."
    assert refused(sqs, "q", {name: value}) == ("InvalidAttributeName", text)


@pytest.mark.parametrize(
    "name", ["Foobar", "", "QueueArn", "CreatedTimestamp", "visibilitytimeout"]
)
def test_unknown_and_read_only_attributes(sqs, name):
    """spec/sqs.md 2.1: InvalidAttributeName "Unknown Attribute X."."""
    refusal = ("InvalidAttributeName", f"Unknown Attribute {name}.")
    assert refused(sqs, "q", {name: "1"}) == refusal
    assert sqs.ok("ListQueues") == {}


def test_null_is_no_attribute(json_sqs):
    """spec/sqs.md 2.1: a null attribute value is treated as absent."""
    url = create(json_sqs, "q", {"VisibilityTimeout": None, "DelaySeconds": "3"})
    found = json_sqs.attributes(url, "VisibilityTimeout", "DelaySeconds")
    assert found == {"VisibilityTimeout": "30", "DelaySeconds": "3"}


def test_numbers_and_booleans_become_text(json_sqs):
    """spec/sqs.md 1.2: attribute values of JSON clients that send no strings are coerced."""
    url = create(json_sqs, "q", {"VisibilityTimeout": 40, "SqsManagedSseEnabled": False})
    found = json_sqs.attributes(url, "VisibilityTimeout", "SqsManagedSseEnabled")
    assert found == {"VisibilityTimeout": "40", "SqsManagedSseEnabled": "false"}


# --- CreateQueue: a queue that is there -----------------------------------------------------------


def test_a_queue_that_is_there_is_found_without_attributes(sqs):
    """spec/sqs.md 2.1, 11 row 13: 200 always, also after changes and with messages in it."""
    url = create(sqs, "q", {"VisibilityTimeout": "40"})
    sqs.ok("SetQueueAttributes", {"QueueUrl": url, "Attributes": {"DelaySeconds": "5"}})
    sqs.ok("SendMessage", {"QueueUrl": url, "MessageBody": "b"})
    assert create(sqs, "q") == url
    assert sqs.attributes(url, "VisibilityTimeout") == {"VisibilityTimeout": "40"}


@pytest.mark.parametrize(
    "given",
    [
        {"VisibilityTimeout": "40"},
        {"MaximumMessageSize": "1048576"},
        {"SqsManagedSseEnabled": "True"},
        {"VisibilityTimeout": "040", "DelaySeconds": "0"},
        {"RedrivePolicy": f'{{"maxReceiveCount": "3", "deadLetterTargetArn": "{arn("dead")}"}}'},
        {"Policy": '{ "Statement":[{"Effect":"Allow"}], "Version":"2012-10-17" }'},
    ],
)
def test_equal_attributes_find_the_queue(sqs, given):
    """spec/sqs.md 2.1, 11 row 13: defaults count; JSON, booleans and numbers are compared as such."""
    create(sqs, "dead")
    policy = f'{{"deadLetterTargetArn":"{arn("dead")}","maxReceiveCount":3}}'
    statement = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}'
    made = {"VisibilityTimeout": "40", "RedrivePolicy": policy, "Policy": statement}
    url = create(sqs, "q", made)
    assert create(sqs, "q", given) == url


@pytest.mark.parametrize(
    "given, name",
    [
        ({"VisibilityTimeout": "41"}, "VisibilityTimeout"),
        ({"VisibilityTimeout": "30"}, "VisibilityTimeout"),
        ({"VisibilityTimeout": "40", "DelaySeconds": "1"}, "DelaySeconds"),
        ({"Policy": '{"Statement":[{}]}'}, "Policy"),
        ({"SqsManagedSseEnabled": "false"}, "SqsManagedSseEnabled"),
    ],
)
def test_another_value_is_a_conflict_that_names_the_attribute(sqs, given, name):
    """spec/sqs.md 2.1, 11 row 13, 14.4 S-A19: nothing is changed."""
    url = create(sqs, "q", {"VisibilityTimeout": "40"})
    before = sqs.attributes(url)
    assert refused(sqs, "q", given) == differs(name)
    assert sqs.attributes(url) == before


def test_what_counts_is_what_the_queue_has_now(sqs):
    """spec/sqs.md 2.1: the original values are a conflict, the new ones are not."""
    url = create(sqs, "q", {"DelaySeconds": "5"})
    sqs.ok("SetQueueAttributes", {"QueueUrl": url, "Attributes": {"DelaySeconds": "6"}})
    assert refused(sqs, "q", {"DelaySeconds": "5"}) == differs("DelaySeconds")
    assert create(sqs, "q", {"DelaySeconds": "6"}) == url


def test_other_tags_are_no_conflict_and_are_not_taken(sqs):
    """spec/sqs.md 2.1, 12 Q15."""
    url = sqs.ok("CreateQueue", {"QueueName": "q", "tags": {"a": "1"}})["QueueUrl"]
    assert sqs.ok("CreateQueue", {"QueueName": "q", "tags": {"b": "2"}}) == {"QueueUrl": url}
    assert sqs.ok("ListQueueTags", {"QueueUrl": url}) == {"Tags": {"a": "1"}}


def test_a_name_comes_free_sixty_seconds_after_the_deletion(sqs):
    """spec/sqs.md 0, 2.1, 11 row 15."""
    sqs.ok("DeleteQueue", {"QueueUrl": create(sqs, "q")})
    text = (
        "You must wait 60 seconds after deleting a queue before you can create another with the "
        "same name."
    )
    sqs.server.advance(59.999)
    assert refused(sqs, "q") == ("QueueDeletedRecently", text)
    sqs.server.advance(0.001)
    assert create(sqs, "q").endswith("/q")


def test_the_order_of_the_checks(sqs):
    """spec/sqs.md 2.1: name, deleted a moment ago, conflict, attribute values."""
    sqs.ok("DeleteQueue", {"QueueUrl": create(sqs, "gone")})
    create(sqs, "there")
    wrong = {"VisibilityTimeout": "-1"}
    assert refused(sqs, "a.b", wrong) == (INVALID, STANDARD_NAME)
    assert refused(sqs, "gone", wrong)[0] == "QueueDeletedRecently"
    assert refused(sqs, "there", wrong) == differs("VisibilityTimeout")
    assert refused(sqs, "new", wrong)[0] == "InvalidAttributeValue"


# --- DeleteQueue, GetQueueUrl ---------------------------------------------------------------------


def test_a_queue_goes_with_everything_in_it(sqs):
    """spec/sqs.md 2.2: void; regardless of content and of who names it; twice is an error."""
    dead, url = create(sqs, "dead"), None
    policy = f'{{"deadLetterTargetArn":"{arn("dead")}","maxReceiveCount":1}}'
    url = create(sqs, "q", {"RedrivePolicy": policy})
    sqs.ok("SendMessage", {"QueueUrl": dead, "MessageBody": "b"})
    assert sqs.ok("DeleteQueue", {"QueueUrl": dead}) == {}
    assert sqs.attributes(url, "RedrivePolicy") == {"RedrivePolicy": policy}
    assert sqs.ok("ListQueues") == {"QueueUrls": [url]}
    assert sqs.refusal("DeleteQueue", {"QueueUrl": dead})[0] == "QueueDoesNotExist"


def test_a_fifo_queue_is_found_with_its_suffix_only(sqs):
    """spec/sqs.md 2.3."""
    url = create(sqs, "q.fifo", FIFO)
    assert sqs.ok("GetQueueUrl", {"QueueName": "q.fifo"}) == {"QueueUrl": url}
    assert sqs.refusal("GetQueueUrl", {"QueueName": "q"})[0] == "QueueDoesNotExist"


def test_the_owner_of_a_queue_that_is_looked_for(sqs):
    """spec/sqs.md 2.3, 12 Q11: an account is a name space of its own."""
    url = create(sqs, "q")
    own = {"QueueName": "q", "QueueOwnerAWSAccountId": "000000000000"}
    assert sqs.ok("GetQueueUrl", own) == {"QueueUrl": url}
    other = {"QueueName": "q", "QueueOwnerAWSAccountId": "111111111111"}
    assert sqs.refusal("GetQueueUrl", other)[0] == "QueueDoesNotExist"


# --- ListQueues, ListDeadLetterSourceQueues -------------------------------------------------------


def test_no_queues_are_no_member(sqs):
    """spec/sqs.md 2.4, 2.13, 11 row 6."""
    assert sqs.ok("ListQueues") == {}
    assert sqs.ok("ListDeadLetterSourceQueues", {"QueueUrl": create(sqs, "q")}) == {}


def names(urls):
    return [url.rpartition("/")[2] for url in urls]


def test_pages_of_queues(sqs):
    """spec/sqs.md 2.4, 8.3, 12 Q16, 14.6 S-A27: by name; a last page has no token."""
    for n in range(9, -1, -1):
        create(sqs, f"q{n}")
    create(sqs, "other")
    asked = {"QueueNamePrefix": "q", "MaxResults": 2}
    first = sqs.ok("ListQueues", asked)
    assert names(first["QueueUrls"]) == ["q0", "q1"]
    rest = sqs.ok("ListQueues", asked | {"MaxResults": 10, "NextToken": first["NextToken"]})
    assert (names(rest["QueueUrls"]), "NextToken" in rest) == (
        [f"q{n}" for n in range(2, 10)],
        False,
    )


def test_without_a_page_size_there_is_no_token(sqs):
    """spec/sqs.md 2.4, 14.6 S-A28."""
    policy = f'{{"deadLetterTargetArn":"{arn("dead")}","maxReceiveCount":1}}'
    dead = create(sqs, "dead")
    made = [create(sqs, f"q{n}", {"RedrivePolicy": policy}) for n in range(3)]
    assert sqs.ok("ListQueues", {"QueueNamePrefix": "q"}) == {"QueueUrls": made}
    assert sqs.ok("ListDeadLetterSourceQueues", {"QueueUrl": dead}) == {"queueUrls": made}
    asked = {"QueueUrl": dead, "MaxResults": 2}
    page = sqs.ok("ListDeadLetterSourceQueues", asked)
    assert page.keys() == {"queueUrls", "NextToken"}
    page = sqs.ok("ListDeadLetterSourceQueues", asked | {"NextToken": page["NextToken"]})
    assert page == {"queueUrls": made[2:]}


@pytest.mark.slow
def test_at_most_a_thousand_queues_are_listed(json_sqs):
    """spec/sqs.md 0, 2.4: without MaxResults the rest is left out, and no token tells of it."""
    made = [create(json_sqs, f"q{n:04}") for n in range(1_001)]
    assert json_sqs.ok("ListQueues") == {"QueueUrls": made[:1_000]}
    page = json_sqs.ok("ListQueues", {"MaxResults": 1_000})
    assert page["QueueUrls"] == made[:1_000]
    rest = json_sqs.ok("ListQueues", {"MaxResults": 1_000, "NextToken": page["NextToken"]})
    assert rest == {"QueueUrls": made[1_000:]}


@pytest.mark.parametrize("members", [{"MaxResults": 0}, {"MaxResults": 1001}, {"NextToken": "?"}])
def test_wrong_pages(sqs, members):
    """spec/sqs.md 0 and 2.4: 1 to 1,000; a malformed token."""
    dead = create(sqs, "dead")
    assert sqs.refusal("ListQueues", members)[0] == INVALID
    assert sqs.refusal("ListDeadLetterSourceQueues", {"QueueUrl": dead, **members})[0] == INVALID
    assert sqs.ok("ListQueues", {"MaxResults": 1_000}) == {"QueueUrls": [dead]}


# --- PurgeQueue -----------------------------------------------------------------------------------


def test_a_purge_takes_all_messages_of_all_kinds(sqs):
    """spec/sqs.md 2.12: visible, in flight and delayed; an old handle deletes silently after it."""
    url = create(sqs, "q")
    for delay in (0, 0, 10):
        sqs.ok("SendMessage", {"QueueUrl": url, "MessageBody": "b", "DelaySeconds": delay})
    (message,) = sqs.ok("ReceiveMessage", {"QueueUrl": url})["Messages"]
    assert sqs.ok("PurgeQueue", {"QueueUrl": url}) == {}
    counts = sqs.attributes(url)
    assert {text for name, text in counts.items() if name.startswith("Approx")} == {"0"}
    handle = message["ReceiptHandle"]
    assert sqs.ok("DeleteMessage", {"QueueUrl": url, "ReceiptHandle": handle}) == {}
    sqs.server.advance(60)
    assert sqs.ok("ReceiveMessage", {"QueueUrl": url}) == {}


def test_a_purge_forgets_deduplication_ids(sqs):
    """spec/sqs.md 2.12."""
    url = create(sqs, "q.fifo", FIFO)
    sent = {"QueueUrl": url, "MessageBody": "b", "MessageGroupId": "g"}
    sent["MessageDeduplicationId"] = "d"
    first = sqs.ok("SendMessage", sent)
    sqs.ok("PurgeQueue", {"QueueUrl": url})
    second = sqs.ok("SendMessage", sent)
    (message,) = sqs.ok("ReceiveMessage", {"QueueUrl": url})["Messages"]
    assert message["MessageId"] == second["MessageId"] != first["MessageId"]


def test_one_purge_a_minute(sqs):
    """spec/sqs.md 0, 2.12, 11 row 5: 403, with the queue's name."""
    url = create(sqs, "q")
    sqs.ok("PurgeQueue", {"QueueUrl": url})
    sqs.server.advance(59.999)
    text = "Only one PurgeQueue operation on q is allowed every 60 seconds."
    assert sqs.refusal("PurgeQueue", {"QueueUrl": url}) == ("PurgeQueueInProgress", text)
    sqs.server.advance(0.001)
    assert sqs.ok("PurgeQueue", {"QueueUrl": url}) == {}
