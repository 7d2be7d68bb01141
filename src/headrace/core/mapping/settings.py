"""What a user sets on a mapping, and which settings go together."""

import msgspec

from headrace.core.mapping.errors import InvalidParameterValue
from headrace.core.mapping.filters.rules import BadPattern
from headrace.core.mapping.filters.sieve import Sieve
from headrace.core.mapping.limits import (
    BATCH_SIZE_DEFAULT,
    BATCH_SIZE_PLAIN_MAX,
    FILTERS_MAX,
    POLLERS_LEAST,
    POLLERS_LEAST_MAX,
    POLLERS_MAX,
    POLLERS_MOST_DEFAULT,
)
from headrace.core.mapping.scaling import Bounds, bounds_of

#: The one metric that a queue's mapping may have (spec/esm.md 1.2).
EVENT_COUNT = "EventCount"


class Settings(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The settings of a mapping that an update may change."""

    function_arn: str  #: With its qualifier, if one was given.
    batch_size: int = BATCH_SIZE_DEFAULT
    window_s: int = 0
    reports_failures: bool = False  #: FunctionResponseTypes has ReportBatchItemFailures.
    maximum_concurrency: int = 0  #: 0: not set.
    filters: tuple[str, ...] = ()  #: Event patterns, as they were sent.
    minimum_pollers: int = 0  #: 0: not in provisioned mode; `maximum_pollers` is 0 then too.
    maximum_pollers: int = 0
    metrics: tuple[str, ...] = ()  #: Of MetricsConfig.
    kms_key_arn: str = ""  #: Its filters are not shown in lists.

    def bounds(self, source_arn: str) -> Bounds:
        """Return how many batches at once these settings allow of a queue's messages."""
        return bounds_of(
            self.maximum_concurrency,
            self.minimum_pollers,
            self.maximum_pollers,
            is_fifo=source_arn.endswith(".fifo"),
        )


def pollers(least: int | None, most: int | None, before: Settings | None = None) -> tuple[int, int]:
    """Return the pollers of provisioned mode where one number, or both, are given; (0, 0) if none.

    The other is the one from before, or the default (spec/esm.md 1.2).
    """
    if least is None and most is None:
        return 0, 0
    if least is None:
        least = (before.minimum_pollers if before else 0) or POLLERS_LEAST
    if most is None:
        most = (before.maximum_pollers if before else 0) or POLLERS_MOST_DEFAULT
    return least, most


def check_settings(settings: Settings, source_arn: str) -> None:
    """Refuse settings that do not go together (spec/esm.md 1.4, rows 8 to 16, in this order).

    Raises:
        InvalidParameterValue: A large batch without a window, what a FIFO queue cannot have, a
            filter that is no pattern, pollers out of range or beside a maximum concurrency, a
            metric that queues do not have.
    """
    _check_batches(settings, source_arn)
    _check_filters(settings.filters)
    _check_pollers(settings)
    if any(metric != EVENT_COUNT for metric in settings.metrics):
        raise InvalidParameterValue(
            "Only EventCount metrics are supported for event source mappings."
        )


def _check_batches(settings: Settings, source_arn: str) -> None:
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


def _check_filters(filters: tuple[str, ...]) -> None:
    if len(filters) > FILTERS_MAX:
        raise InvalidParameterValue(
            f"An event source mapping can have at most {FILTERS_MAX} filters."
        )
    try:
        Sieve(filters)
    except BadPattern as error:  # AWS hides the reason; the server's log has it
        raise InvalidParameterValue("Invalid filter pattern definition.") from error


def _check_pollers(settings: Settings) -> None:
    least, most = settings.minimum_pollers, settings.maximum_pollers
    if not (least or most):
        return
    if not POLLERS_LEAST <= least <= POLLERS_LEAST_MAX or not least <= most <= POLLERS_MAX:
        raise InvalidParameterValue(
            f"MinimumPollers should be between [{POLLERS_LEAST}, {POLLERS_LEAST_MAX}] and "
            f"MaximumPollers should be between [MinimumPollers, {POLLERS_MAX}]"
        )
    if settings.maximum_concurrency:
        raise InvalidParameterValue(
            "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use "
            "MaximumPollers as the control mechanism and remove maximum concurrency."
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
