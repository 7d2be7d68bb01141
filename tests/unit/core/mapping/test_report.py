"""spec/esm.md 5.2, row by row."""

import pytest

from headrace.core.mapping.report import failed_ids, has_failures, read

IDS = ("a", "b", "c")
NONE = frozenset()
ALL = frozenset(IDS)


@pytest.mark.parametrize(
    ("payload", "failed"),
    [
        ("", NONE),
        ("  \n", NONE),
        ("null", NONE),
        ("{}", NONE),
        ("{ \n}", NONE),
        ('{"batchItemFailures":[]}', NONE),
        ('{"batchItemFailures":null}', NONE),
        ('{"statusCode":200}', NONE),
        ('{"batchItemFailures":[{"itemIdentifier":"b"}]}', {"b"}),
        ('{"batchItemFailures":[{"itemIdentifier":"b","more":1}]}', {"b"}),
        ('{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}', {"b"}),
        ('{"batchItemFailures":[{"itemIdentifier":""}]}', ALL),
        ('{"batchItemFailures":[{"itemIdentifier":null}]}', ALL),
        ('{"batchItemFailures":[{"itemIdentifier":123}]}', ALL),
        ('{"batchItemFailures":[{"itemIdentifier":["b"]}]}', ALL),
        ('{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"unknown"}]}', ALL),
        ('{"batchItemFailures":[{"foo":"b"}]}', ALL),
        ('{"batchItemFailures":[{}]}', NONE),
        ('{"batchItemFailures":[{},{"itemIdentifier":"c"}]}', {"c"}),
        ('{"batchItemFailures":"not-an-array"}', ALL),
        ('{"batchItemFailures":{"itemIdentifier":"a"}}', ALL),
        ('{"batchItemFailures":false}', ALL),
        ('{"batchItemFailures":["a"]}', ALL),
        ('{"batchItemFailures":[null]}', ALL),
        ('{"batchItemFailures":[[]]}', ALL),
        ('{"batchItemFailures":[{"itemIdentifier":"b"}],"cut":"\\ud83d"}', {"b"}),
        ('{"batchItemFailures":[{"itemIdentifier":"b","why":"\\ud83d"}]}', {"b"}),
        ('{"batchItemFailures":[{"itemIdentifier":"\\ud83d"}]}', ALL),
        ('{"batchItemFailures":[{"itemIdentifier":"b"}],"huge":1e999}', {"b"}),
        ('{"batchItemFailures":[{"itemIdentifier":"b","more":1},{}]}', ALL),
        ('{"batchItemFailures":[{"itemIdentifier":"b"}],"cut":"\\ud83d"', ALL),
        ("not json", ALL),
        ('{"batchItemFailures":[', ALL),
        ('"{\\"batchItemFailures\\":[]}"', ALL),
        ('"ok"', ALL),
        ("42", ALL),
        ("true", ALL),
        ("[]", ALL),
        ("NaN", ALL),
    ],
)
def test_each_row(payload, failed):
    assert failed_ids(read(payload.encode()), IDS) == failed


@pytest.mark.parametrize("payload", [b"\xff\xfe", b'{"a":"\xff"}', b"[" * 100_000])
def test_bytes_that_are_no_json_fail_the_whole_batch(payload):
    assert failed_ids(read(payload), IDS) == ALL
    assert not has_failures(payload + b"batchItemFailures")


@pytest.mark.parametrize(
    ("payload", "names_some"),
    [
        (b'{"batchItemFailures":[{"itemIdentifier":"a"}]}', True),
        (b'{"batchItemFailures":["a"]}', True),
        (b'{"batchItemFailures":[],"a":1}', False),
        (b'{"batchItemFailures":null}', False),
        (b'["batchItemFailures"]', False),
        (b"null", False),
    ],
)
def test_failures_that_nobody_asked_for(payload, names_some):
    assert has_failures(payload) is names_some
