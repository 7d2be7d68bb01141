"""spec/esm.md 5.2, row by row."""

import pytest

from headrace.core.mapping.report import failed_ids

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
    assert failed_ids(payload.encode(), IDS) == failed


@pytest.mark.parametrize("payload", [b"\xff\xfe", b'{"a":"\xff"}', b"[" * 100_000])
def test_bytes_that_are_no_json_fail_the_whole_batch(payload):
    assert failed_ids(payload, IDS) == ALL
