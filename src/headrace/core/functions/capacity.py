"""How much is in hand, and whether more may be accepted: concurrency, rates and payload bytes.

Volatile, as all of the fleet. An invoke takes its place from one of three: from the environments
that are ready ahead of need, which are set aside for its version; else from what is reserved for
its function; else from what is set aside for nobody in its account (spec/lambda.md 6.1).
"""

from typing import TypeVar

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions import limits
from headrace.core.functions.directory import Directory
from headrace.core.functions.errors import (
    TooManyRequests,
    account_is_busy,
    function_is_busy,
    function_is_fast,
)
from headrace.core.functions.execution import Execution
from headrace.core.functions.function import Function
from headrace.core.functions.rates import Buckets
from headrace.core.functions.settings import Deployment
from headrace.core.functions.tally import Tallies

Key = TypeVar("Key", int, tuple[str, str])


class Share(msgspec.Struct, frozen=True, gc=False):
    """What a function may use beyond the environments that are ready ahead of need."""

    is_reserved: bool
    at_most: int  #: Of the function alone if reserved, else of all functions without reservation.


def share_of(directory: Directory, function: Function) -> Share:
    """Return what a function may use."""
    if function.reserved is None:
        return Share(False, directory.unreserved(function.account, function.region))
    return Share(True, function.reserved - function.provisioned_total)


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
        self._requests = Buckets()

    def check(
        self,
        deployment: Deployment,
        share: Share,
        payload_bytes: int,
        now: Instant,
        *,
        ahead: bool,
        has_room: bool = True,
    ) -> None:
        """Refuse an invoke that is too much, and count that it was (which is no state).

        Args:
            ahead: Whether an environment is ready ahead of need for it.
            has_room: Whether there is an environment for it, or may be one.

        Raises:
            TooManyRequests: As much as allowed is in hand, or came lately; `Reason` says of what.
        """
        try:
            self._check(deployment, share, payload_bytes, ahead=ahead)
            if not ahead:
                self._check_rate(deployment.function, share, now, has_room=has_room)
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

    def _check_rate(self, function: int, share: Share, now: Instant, *, has_room: bool) -> None:
        if not self._requests.has_room(function, *_request_rate(share), now):
            raise function_is_fast(reserved=share.is_reserved)
        if not has_room:
            raise account_is_busy()  # AWS names no reason of its own for this one.

    def room(self, deployment: Deployment, share: Share) -> int:
        """Return how many more invokes have a place, beside those that are ready ahead of need."""
        if share.is_reserved:
            in_hand = self._of_function.get(deployment.function, 0)
        else:
            in_hand = self._unreserved.get((deployment.account, deployment.region), 0)
        return max(0, share.at_most - in_hand)

    def take(
        self, execution: Execution, deployment: Deployment, share: Share, now: Instant
    ) -> None:
        """Count an invoke that was accepted."""
        account = (deployment.account, deployment.region)
        self.payload_bytes += len(execution.command.payload)
        self.tallies.of(deployment.function).concurrent += 1
        _count(self.in_hand, account, 1)
        if not execution.is_ahead:
            execution.is_unreserved = not share.is_reserved
            _count(self._of_function, deployment.function, 1)
            self._requests.take(deployment.function, *_request_rate(share), now)
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


def _request_rate(share: Share) -> tuple[int, int]:
    """Return how many requests a function may get at once, and a second."""
    rate = share.at_most * limits.REQUESTS_PER_CONCURRENCY
    return rate, rate


def _count(counts: dict[Key, int], key: Key, more: int) -> None:
    left = counts.get(key, 0) + more
    if left:
        counts[key] = left
    else:
        del counts[key]
