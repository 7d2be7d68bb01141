"""What a user sets on a mapping, and which settings go together."""

import msgspec

from headrace.core.mapping.errors import InvalidParameterValue
from headrace.core.mapping.limits import BATCH_SIZE_DEFAULT, BATCH_SIZE_PLAIN_MAX


class Settings(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The settings of a mapping that an update may change."""

    function_arn: str  #: With its qualifier, if one was given.
    batch_size: int = BATCH_SIZE_DEFAULT
    window_s: int = 0
    reports_failures: bool = False  #: FunctionResponseTypes has ReportBatchItemFailures.
    maximum_concurrency: int = 0  #: 0: not set.


def check_settings(settings: Settings, source_arn: str) -> None:
    """Refuse settings that do not go together (spec/esm.md 1.4, rows 8 to 10).

    Raises:
        InvalidParameterValue: A large batch without a window, or what a FIFO queue cannot have.
    """
    if source_arn.endswith(".fifo"):
        if settings.window_s:
            raise InvalidParameterValue("Batching window is not supported for FIFO queues")
        if settings.batch_size > BATCH_SIZE_PLAIN_MAX:
            raise InvalidParameterValue("Batch size must not exceed 10 for FIFO queues")
    if settings.batch_size > BATCH_SIZE_PLAIN_MAX and not settings.window_s:
        raise InvalidParameterValue(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )


def check_timeouts(visibility_timeout_s: int, function_timeout_s: int) -> None:
    """Refuse a function that may run longer than a message stays invisible (1.4, row 7).

    Raises:
        InvalidParameterValue: The function's timeout is the longer one; equal is allowed.
    """
    if function_timeout_s > visibility_timeout_s:
        raise InvalidParameterValue(
            f"Queue visibility timeout: {visibility_timeout_s} seconds is less than "
            f"Function timeout: {function_timeout_s} seconds"
        )
