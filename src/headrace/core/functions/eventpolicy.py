"""How asynchronous invokes are handled: retries, ages, delays, and who is told in the end.

Source: spec/lambda.md 1.18, 6.2.
"""

from headrace.base.instant import ms_of_s
from headrace.core.functions import limits
from headrace.core.functions.eventbody import SUCCESS
from headrace.core.functions.function import Function, InvokeConfig
from headrace.core.functions.names import LATEST
from headrace.core.functions.tried import Event


def backoff_ms(times: int) -> int:
    """Return how long to wait after something went wrong so often in a row (A4)."""
    return int(min(limits.BACKOFF_MS_MIN << min(times - 1, 30), limits.BACKOFF_MS_MAX))


def config_of(function: Function, event: Event) -> InvokeConfig | None:
    """Return how an event is handled; a version does not inherit what $LATEST has (1.18)."""
    return function.invoke_configs.get(event.qualifier or LATEST)


def retries_of(config: InvokeConfig | None) -> int:
    """Return how often an event is tried again after the function failed (A2)."""
    given = None if config is None else config.retries
    return limits.EVENT_RETRIES_DEFAULT if given is None else given


def age_ms_of(config: InvokeConfig | None) -> int:
    """Return how old an event may be when it is tried (A4)."""
    given = None if config is None else config.age_s
    return ms_of_s(limits.EVENT_AGE_S_DEFAULT if given is None else given)


def targets_of(function: Function, event: Event, condition: str) -> tuple[tuple[str, bool], ...]:
    """Return where to send what came of an event: ARN, and whether it is a dead-letter queue."""
    config = config_of(function, event)
    destination = ""
    if config is not None:
        destination = config.on_success if condition == SUCCESS else config.on_failure
    targets: tuple[tuple[str, bool], ...] = ((destination, False),) if destination else ()
    version = function.versions.get(function.version_of(event.qualifier or LATEST))
    if condition != SUCCESS and version is not None and version.settings.dead_letter_arn:
        targets += ((version.settings.dead_letter_arn, True),)
    return targets
