"""Filters from end to end: what the function sees and what is gone; esm.md 10.2 T20, 5.3."""

import json

import pytest


@pytest.mark.parametrize(
    ("pattern", "passing"),
    [
        ({"body": ["plain"]}, ["plain"]),
        ({"body": [{"prefix": "p"}]}, ["plain", "pure"]),
        ({"body": {"a": [1]}}, ['{"a":1}']),
        ({"body": {"a": [{"exists": False}]}}, ['{"b":2}']),
        ({"eventSource": ["aws:sqs"]}, ["plain", "pure", '{"a":1}', '{"b":2}']),
        ({"body": {"$or": [{"a": [1]}, {"b": [2]}]}}, ['{"a":1}', '{"b":2}']),
    ],
)
def test_20_what_passes_is_delivered_as_it_was_and_the_rest_is_deleted(stage, pattern, passing):
    """esm.md 10.2 T20, 2.1, 5.3."""
    stage.create(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    stage.settle()
    seen = stage.deliver(stage.url, "plain", "pure", '{"a":1}', '{"b":2}')
    assert sorted(seen) == sorted(passing)
    assert stage.left(stage.url) == 0


def test_an_update_of_the_filters_rules_when_it_has_settled(stage):
    """esm.md 1.5."""
    uuid = stage.create(FilterCriteria={"Filters": [{"Pattern": '{"body":["a"]}'}]})["UUID"]
    stage.settle()
    assert stage.deliver(stage.url, "a", "b") == ["a"]
    stage.update(uuid, FilterCriteria={})
    stage.settle()
    assert stage.deliver(stage.url, "b") == ["b"]


def test_the_reason_that_aws_hides_is_in_the_log(stage, caplog):
    """esm.md 2.2: Lambda hides why a filter is none."""
    refused = stage.create_refused(FilterCriteria={"Filters": [{"Pattern": '{"body":"x"}'}]})
    assert refused[2] == "Invalid filter pattern definition."
    assert '("body" must be an object or an array)' in caplog.text
