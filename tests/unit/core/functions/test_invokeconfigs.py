"""Invoke configs as rules (spec/lambda.md 1.18, 13.7)."""

import pytest

from headrace.core.functions.commands import (
    DeleteInvokeConfig,
    GetInvokeConfig,
    ListInvokeConfigs,
    PublishVersion,
    SetInvokeConfig,
)
from headrace.core.functions.replies import Done
from tests.unit.core.functions.bench import ARN, EPOCH, SEED, bench_with_function, reference

ABSENT = "The function doesn't exist."
NOTHING = "You must specify at least one of error handling or destination setting."


@pytest.fixture
def bench():
    return bench_with_function()


def put(bench, name="resize", qualifier=None, merges=False, **given):
    values = {"retries": None, "age_s": None, "on_success": None, "on_failure": None}
    return bench.ask(SetInvokeConfig(reference(name, qualifier), **(values | given), merges=merges))


def test_put_replaces_all(bench):
    put(bench, retries=1, age_s=60)
    shown = put(bench, on_failure="arn:q")
    assert shown.arn == f"{ARN}:$LATEST"
    config = shown.config
    assert (config.retries, config.age_s, config.on_success, config.on_failure) == (
        None,
        None,
        "",
        "arn:q",
    )
    assert config.changed_at == EPOCH


def test_update_merges_and_destinations_come_together(bench):
    put(bench, retries=1, on_success="arn:a", on_failure="arn:b")
    config = put(bench, merges=True, age_s=60).config
    assert (config.retries, config.age_s, config.on_success) == (1, 60, "arn:a")
    config = put(bench, merges=True, on_success="", on_failure="arn:c").config
    assert (config.retries, config.on_success, config.on_failure) == (1, "", "arn:c")


@pytest.mark.parametrize("merges", [False, True])
def test_nothing_to_set_is_said_before_the_function_is_looked_up(bench, merges):
    assert put(bench, "absent", merges=merges).message == NOTHING


@pytest.mark.parametrize("merges", [False, True])
def test_a_missing_function(bench, merges):
    assert put(bench, "absent", merges=merges, retries=1).message == ABSENT
    assert bench.ask(ListInvokeConfigs(reference("absent"))).message == ABSENT


def test_a_missing_alias(bench):
    assert put(bench, qualifier="live", retries=1).message == ABSENT


@pytest.mark.parametrize("command", [GetInvokeConfig, DeleteInvokeConfig])
@pytest.mark.parametrize("name", ["resize", "absent"])
def test_nothing_is_set(bench, command, name):
    refusal = bench.ask(command(reference(name)))
    arn = ARN.replace("resize", name)
    assert refusal.message == f"The function {arn}:$LATEST doesn't have an EventInvokeConfig"
    assert refusal.code == "ResourceNotFoundException"


def test_an_update_needs_something_that_is_set(bench):
    refusal = put(bench, merges=True, qualifier="live", retries=1)
    assert refusal.message == f"The function {ARN}:live doesn't have an EventInvokeConfig"


def test_what_is_set_is_shown_until_it_is_deleted(bench):
    shown = put(bench, retries=0)
    assert bench.ask(GetInvokeConfig(reference(qualifier="$LATEST"))) == shown
    assert bench.ask(DeleteInvokeConfig(reference())) == Done()
    assert bench.ask(GetInvokeConfig(reference())).code == "ResourceNotFoundException"


def test_lists_come_in_pages(bench):
    bench.ask(PublishVersion(reference(), SEED))
    put(bench, retries=0)
    put(bench, qualifier="1", retries=1)
    page = bench.ask(ListInvokeConfigs(reference(), at_most=1))
    assert ([one.arn for one in page.entries], page.more) == ([f"{ARN}:$LATEST"], True)
    page = bench.ask(ListInvokeConfigs(reference(), after="$LATEST"))
    assert ([one.arn for one in page.entries], page.more) == ([f"{ARN}:1"], False)
