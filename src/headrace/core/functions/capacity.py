"""How much is in hand, and whether more may be accepted: concurrency and payload bytes.

Volatile, as all of the fleet. An invoke takes its place from one of three: from the environments
that are ready ahead of need, which are set aside for its version; else from what is reserved for
its function; else from what is set aside for nobody in its account (spec/lambda.md 6.1).
"""

from typing import TypeVar

import msgspec

from headrace.core.functions import limits
from headrace.core.functions.errors import TooManyRequests, account_is_busy, function_is_busy
from headrace.core.functions.execution import Execution
from headrace.core.functions.settings import Deployment
from headrace.core.functions.tally import Tallies

Key = TypeVar("Key", int, tuple[str, str])


class Share(msgspec.Struct, frozen=True, gc=False):
    """What a function may use beyond the environments that are ready ahead of need."""

    is_reserved: bool
    at_most: int  #: Of the function alone if reserved, else of all functions without reservation.


class Capacity:
    """Counts what is accepted and not answered.

    Invariant: no count is below zero, and what is zero is not kept.
    """

    def __init__(self) -> None:
        """Start with nothing in hand."""
        #: Invokes in hand, by account and region.
        self.in_hand: dict[tuple[str, str], int] = {}
        self.payload_bytes = 0
        #: Those on demand: by function, and of functions without reservation by account and region.
        self._of_function: dict[int, int] = {}
        self.tallies = Tallies()
        self._unreserved: dict[tuple[str, str], int] = {}

    def check(
        self, deployment: Deployment, share: Share, payload_bytes: int, *, ahead: bool
    ) -> None:
        """Refuse an invoke that is too much, and count that it was (which is no state).

        Args:
            ahead: Whether an environment is ready ahead of need for it.

        Raises:
            TooManyRequests: As much as allowed is in hand; `Reason` says of what.
        """
        try:
            self._check(deployment, share, payload_bytes, ahead=ahead)
        except TooManyRequests:
            self.tallies.of(deployment.function).throttles += 1
            raise

    def _check(
        self, deployment: Deployment, share: Share, payload_bytes: int, *, ahead: bool
    ) -> None:
        if self.payload_bytes + payload_bytes > limits.PAYLOADS_BYTES_MAX:
            raise account_is_busy()
        if ahead:
            return
        if share.is_reserved:
            if self._of_function.get(deployment.function, 0) >= share.at_most:
                raise function_is_busy()
        elif self._unreserved.get((deployment.account, deployment.region), 0) >= share.at_most:
            raise account_is_busy()

    def take(self, execution: Execution, deployment: Deployment, share: Share) -> None:
        """Count an invoke that was accepted."""
        account = (deployment.account, deployment.region)
        self.payload_bytes += len(execution.command.payload)
        self.tallies.of(deployment.function).concurrent += 1
        _count(self.in_hand, account, 1)
        if not execution.is_ahead:
            execution.is_unreserved = not share.is_reserved
            _count(self._of_function, deployment.function, 1)
            if execution.is_unreserved:
                _count(self._unreserved, account, 1)

    def give_back(self, execution: Execution, deployment: Deployment) -> None:
        """Count an invoke no more: it is answered."""
        account = (deployment.account, deployment.region)
        self.payload_bytes -= len(execution.command.payload)
        _count(self.in_hand, account, -1)
        if not execution.is_ahead:
            _count(self._of_function, deployment.function, -1)
            if execution.is_unreserved:
                _count(self._unreserved, account, -1)


def _count(counts: dict[Key, int], key: Key, more: int) -> None:
    left = counts.get(key, 0) + more
    if left:
        counts[key] = left
    else:
        del counts[key]
