"""Trace headers tell how often a chain of events has gone through a function (esm.md 5.5)."""

import re

import pytest

from headrace.core.functions.lineage import begun, continued, turns_of

ONE = "arn:aws:lambda:eu-central-1:123456789012:function:one"
TWO = "arn:aws:lambda:eu-central-1:123456789012:function:two"
NOW = 1_800_000_000_000


def test_a_chain_begins_with_a_root_of_its_own_and_no_turn():
    header = continued("", ONE, "request", NOW)
    assert re.fullmatch(
        r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=[0-9a-f]{8}:0",
        header,
    )
    assert header.startswith(f"Root=1-{NOW // 1000:08x}-")
    assert header != continued("", ONE, "another request", NOW)


def test_each_run_of_a_function_counts_and_versions_are_the_same_function():
    header = ""
    for turns in range(20):
        assert turns_of(header, ONE) == turns
        header = continued(header, f"{ONE}:{turns}" if turns else ONE, f"r{turns}", NOW)
    assert turns_of(header, f"{ONE}:live") == 20
    assert turns_of(header, TWO) == 0


def test_functions_of_one_chain_count_apart_and_the_root_stays():
    first = continued("", ONE, "r1", NOW)
    second = continued(continued(first, TWO, "r2", NOW), ONE, "r3", NOW)
    assert (turns_of(second, ONE), turns_of(second, TWO)) == (2, 1)
    assert first.split(";")[0] == second.split(";")[0]
    assert first.split(";")[1] != second.split(";")[1]


def test_what_a_sender_wrote_stays():
    header = continued("Root=1-a-b;Parent=c;Sampled=1;Self=d", ONE, "r", NOW)
    assert header.startswith("Root=1-a-b;Parent=")
    assert ";Sampled=1;Self=d;Lineage=" in header


def test_a_call_without_a_header_begins_no_lineage():
    header = begun("request", NOW)
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", header)
    assert header != begun("another request", NOW)
    assert turns_of(header, ONE) == 0


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "garbage",
        "Lineage=",
        "Lineage=|||",
        "Lineage=a",
        "Lineage=:1",
        "Lineage=x:y|z:-1",
        "=;=;",
    ],
)
def test_garbage_counts_for_nothing(garbage):
    assert turns_of(garbage, ONE) == 0
    assert turns_of(continued(garbage, ONE, "r", NOW), ONE) == 1


def test_the_newest_entries_are_kept_and_a_header_does_not_grow_for_ever():
    header = ""
    for number in range(100):
        header = continued(header, f"{ONE}{number}", f"r{number}", NOW)
    assert len(header) < 300
    assert turns_of(header, f"{ONE}99") == 1
    assert turns_of(header, f"{ONE}0") == 0
