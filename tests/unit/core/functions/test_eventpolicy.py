"""How asynchronous invokes are handled (spec/lambda.md 6.2)."""

import pytest

from headrace.core.functions.eventlog import Event
from headrace.core.functions.eventpolicy import (
    age_ms_of,
    backoff_ms,
    config_of,
    retries_of,
    targets_of,
)
from headrace.core.functions.function import InvokeConfig
from headrace.core.functions.records import FunctionCreated, InvokeConfigSet
from headrace.core.functions.replay import changed, created
from tests.unit.core.functions.bench import ACCOUNT, CODE, EPOCH, NAME, REGION, SEED, settings_with

PLAIN, OTHER = Event(5, EPOCH, ""), Event(5, EPOCH, "1")


def function_with(dead_letter_arn="", on_success="", on_failure=""):
    settings = settings_with(dead_letter_arn=dead_letter_arn)
    function = created(FunctionCreated(16, EPOCH, ACCOUNT, REGION, NAME, SEED, settings, CODE, {}))
    record = InvokeConfigSet(16, EPOCH, "$LATEST", 1, 60, on_success, on_failure)
    return changed(function, record)


@pytest.mark.parametrize(
    ("times", "wait_ms"), [(1, 1_000), (2, 2_000), (9, 256_000), (10, 300_000)]
)
def test_the_back_off_doubles_up_to_five_minutes(times, wait_ms):
    assert backoff_ms(times) == wait_ms


def test_a_back_off_is_bounded_however_often():
    assert backoff_ms(1_000_000) == 300_000


def test_a_version_does_not_inherit_a_setting():
    function = function_with()
    assert config_of(function, PLAIN).retries == 1
    assert config_of(function, OTHER) is None


def test_what_is_not_set_has_its_default():
    assert (retries_of(None), age_ms_of(None)) == (2, 21_600_000)
    assert (retries_of(InvokeConfig(EPOCH)), age_ms_of(InvokeConfig(EPOCH))) == (2, 21_600_000)
    assert (retries_of(InvokeConfig(EPOCH, 0)), age_ms_of(InvokeConfig(EPOCH, 0, 60))) == (
        0,
        60_000,
    )


def test_failures_go_to_the_destination_and_to_the_dead_letter_queue():
    function = function_with("arn:letters", "arn:good", "arn:bad")
    assert targets_of(function, PLAIN, "Success") == (("arn:good", False),)
    both = (("arn:bad", False), ("arn:letters", True))
    assert targets_of(function, PLAIN, "RetriesExhausted") == both
    assert targets_of(function, OTHER, "RetriesExhausted") == ()
    assert targets_of(function_with(), PLAIN, "Success") == ()
