"""Which settings go together: spec/esm.md 1.4, rows 7 to 10."""

import pytest

from headrace.core.mapping.errors import InvalidParameterValue
from headrace.core.mapping.settings import Settings, check_settings, check_timeouts

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:q"


@pytest.mark.parametrize(
    ("source_arn", "batch_size", "window_s", "is_taken"),
    [
        (QUEUE, 10, 0, True),
        (QUEUE, 11, 0, False),
        (QUEUE, 11, 1, True),
        (QUEUE, 10_000, 300, True),
        (QUEUE + ".fifo", 10, 0, True),
        (QUEUE + ".fifo", 11, 0, False),
        (QUEUE + ".fifo", 10, 1, False),
    ],
)
def test_batch_and_window(source_arn, batch_size, window_s, is_taken):
    settings = Settings("f", batch_size, window_s)
    if is_taken:
        check_settings(settings, source_arn)
        return
    with pytest.raises(InvalidParameterValue):
        check_settings(settings, source_arn)


def test_the_function_may_run_as_long_as_a_message_is_invisible_and_no_longer():
    check_timeouts(30, 30)
    with pytest.raises(InvalidParameterValue):
        check_timeouts(30, 31)


def test_what_is_not_given_is_as_on_aws():
    assert Settings("f") == Settings("f", 10, 0, False, 0)
