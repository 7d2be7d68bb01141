"""Odd answers to batches; spec/esm.md 5.2, rules E-14 to E-16 and E-27."""

import json

import msgspec
import pytest

from headrace.core.mapping.batch import Batch
from headrace.core.mapping.oddities import (
    GAP,
    IGNORED_REPORT,
    MALFORMED,
    NO_REPORT,
    heard,
    oddity_of,
)
from headrace.core.mapping.report import read
from tests.unit.core.mapping.story import message


def batch_of(names="abc", groups="ggg", *, reports=True):
    batch = Batch(1, reports=reports)
    for name, group in zip(names, groups, strict=True):
        one = msgspec.structs.replace(message(name), group_id=group)
        batch.add([(one, b"{}")], 1_000)
    return batch


def report(*names):
    failures = [{"itemIdentifier": f"id-{name}"} for name in names]
    return json.dumps({"batchItemFailures": failures}).encode()


@pytest.mark.parametrize(
    ("payload", "oddity"),
    [
        (b"", ""),
        (b"null", ""),
        (b"{}", ""),
        (report(), ""),
        (b'{"batchItemFailures":null}', ""),
        (report("a", "b"), ""),
        (b'{"statusCode":200}', NO_REPORT),
        (b'"ok"', MALFORMED),
        (b"no JSON", MALFORMED),
        (b'{"batchItemFailures":"x"}', MALFORMED),
        (b'{"batchItemFailures":[{}]}', MALFORMED),
        (b'{"batchItemFailures":[{"foo":"x"}]}', MALFORMED),
        (b'{"batchItemFailures":[{"itemIdentifier":123}]}', MALFORMED),
        (b'{"batchItemFailures":["id-a"]}', MALFORMED),
        (report("z"), MALFORMED),
    ],
)
def test_what_is_odd_where_reports_are_asked_for(payload, oddity):
    assert oddity_of(batch_of(), read(payload), in_order=False) == oddity


@pytest.mark.parametrize(
    ("reports", "payload", "failed", "oddity"),
    [
        (True, report("b"), {"id-b"}, ""),
        (True, b'"ok"', {"id-a", "id-b", "id-c"}, MALFORMED),
        (False, report("b"), set(), IGNORED_REPORT),
        (False, b'"ok"', set(), ""),
    ],
)
def test_an_answer_is_heard_as_the_batch_asks_for(reports, payload, failed, oddity):
    assert heard(batch_of(reports=reports), payload, in_order=False) == (failed, oddity)


@pytest.mark.parametrize(
    ("groups", "failed", "oddity"),
    [
        ("ggg", "a", GAP),
        ("ggg", "bc", ""),
        ("ggg", "ac", GAP),
        ("ghg", "ac", ""),
        ("ghh", "a", ""),
    ],
)
def test_in_order_nothing_of_a_group_may_count_as_handled_behind_a_failure(groups, failed, oddity):
    found = read(report(*failed))
    assert oddity_of(batch_of(groups=groups), found, in_order=True) == oddity
    assert oddity_of(batch_of(groups=groups), found, in_order=False) == ""
