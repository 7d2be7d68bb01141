"""How long to wait before trying again: doubling, up to a limit."""

from headrace.core.mapping.limits import (
    POLL_RETRY_FIRST_MS,
    POLL_RETRY_LONGEST_MS,
    RETRY_FIRST_MS,
    RETRY_LONGEST_MS,
)


def retry_after_ms(tries: int) -> int:
    """Return the wait after the `tries`-th try of a batch that was not run: 1, 2, 4, ... 32 s."""
    return _doubled(RETRY_FIRST_MS, RETRY_LONGEST_MS, tries)


def poll_again_after_ms(failures: int) -> int:
    """Return the wait after the `failures`-th failed receive in a row: 1, 2, 4, ... 60 s."""
    return _doubled(POLL_RETRY_FIRST_MS, POLL_RETRY_LONGEST_MS, failures)


def _doubled(first_ms: int, longest_ms: int, times: int) -> int:
    return min(longest_ms, first_ms << min(times - 1, 16))
