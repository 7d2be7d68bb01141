"""Tags of queues, row by row of spec/sqs.md 8.1."""

import pytest

TOO_LONG_KEY = "Tag keys must be between 1 and 128 characters in length."


@pytest.fixture
def q(sqs):
    return sqs.queue("q")


def tags(sqs, url):
    return sqs.ok("ListQueueTags", {"QueueUrl": url})


def test_no_tags_are_no_member(sqs, q):
    """spec/sqs.md 8.1: no tags, `Tags` omitted; 11 row 6."""
    assert tags(sqs, q) == {}


def test_a_key_that_is_there_gets_the_new_value(sqs, q):
    """spec/sqs.md 8.1: overwritten; the value "" is stored; keys differ by case."""
    sqs.ok("TagQueue", {"QueueUrl": q, "Tags": {"a": "1", "A": "2", "empty": ""}})
    sqs.ok("TagQueue", {"QueueUrl": q, "Tags": {"a": "3"}})
    assert tags(sqs, q) == {"Tags": {"a": "3", "A": "2", "empty": ""}}


def test_an_absent_key_is_ignored_when_it_is_taken_off(sqs, q):
    """spec/sqs.md 8.1: UntagQueue of an absent key."""
    sqs.ok("TagQueue", {"QueueUrl": q, "Tags": {"a": "1", "b": "2"}})
    sqs.ok("UntagQueue", {"QueueUrl": q, "TagKeys": ["a", "absent"]})
    assert tags(sqs, q) == {"Tags": {"b": "2"}}


def test_tags_come_with_a_new_queue(sqs):
    """spec/sqs.md 8.1: tags at creation via `tags`, lower case in JSON (1.2)."""
    made = sqs.ok("CreateQueue", {"QueueName": "made", "tags": {"team": "a"}})
    assert tags(sqs, made["QueueUrl"]) == {"Tags": {"team": "a"}}


@pytest.mark.parametrize(
    "operation, members, kind, text",
    [
        (
            "TagQueue",
            {"Tags": {}},
            "MissingRequiredParameterException",
            "The request must contain the parameter Tags.",
        ),
        (
            "TagQueue",
            {"Tags": {f"k{n}": "" for n in range(51)}},
            "InvalidParameterValueException",
            "Too many tags added for queue q.",
        ),
        ("UntagQueue", {"TagKeys": []}, "InvalidParameterValueException", TOO_LONG_KEY),
        ("UntagQueue", {"TagKeys": ["k" * 129]}, "InvalidParameterValueException", TOO_LONG_KEY),
        ("TagQueue", {"Tags": {"k" * 129: ""}}, "InvalidParameterValueException", TOO_LONG_KEY),
    ],
)
def test_wrong_tags_are_refused_and_change_nothing(sqs, q, operation, members, kind, text):
    """spec/sqs.md 8.1, the rows of refusals, and 0: 50 tags, keys of 1 to 128."""
    sqs.ok("TagQueue", {"QueueUrl": q, "Tags": {"there": "1"}})
    assert sqs.refusal(operation, {"QueueUrl": q, **members}) == (kind, text)
    assert tags(sqs, q) == {"Tags": {"there": "1"}}


def test_as_many_tags_and_as_long_as_allowed(sqs, q):
    """spec/sqs.md 0: 50 tags, key 128, value 256; 8.1: letters, white space and `_ . : / = + - @`."""
    most = {f"k{n}": "" for n in range(48)} | {"k" * 128: "v" * 256, "ä b_.:/=+-@": "ä b_.:/=+-@"}
    sqs.ok("TagQueue", {"QueueUrl": q, "Tags": most})
    assert tags(sqs, q) == {"Tags": most}


@pytest.mark.parametrize("tag", [{"aws:x": ""}, {"k": "v" * 257}, {"k": "{"}, {"{": ""}])
def test_reserved_and_malformed_tags_are_refused(sqs, q, tag):
    """spec/sqs.md 8.1: `aws:` is reserved, the characters, and values of at most 256 (0)."""
    kind, _ = sqs.refusal("TagQueue", {"QueueUrl": q, "Tags": tag})
    assert kind == "InvalidParameterValueException"
    assert tags(sqs, q) == {}


def test_tags_do_not_modify_the_queue(sqs, q):
    """spec/sqs.md 12 Q21: tags leave LastModifiedTimestamp alone, AddPermission does not."""
    before = sqs.attributes(q, "LastModifiedTimestamp")
    sqs.server.advance(5)
    sqs.ok("TagQueue", {"QueueUrl": q, "Tags": {"a": "1"}})
    sqs.ok("UntagQueue", {"QueueUrl": q, "TagKeys": ["a"]})
    assert sqs.attributes(q, "LastModifiedTimestamp") == before
    permission = {"Label": "l", "AWSAccountIds": ["111111111111"], "Actions": ["SendMessage"]}
    sqs.ok("AddPermission", {"QueueUrl": q, **permission})
    assert sqs.attributes(q, "LastModifiedTimestamp") != before
