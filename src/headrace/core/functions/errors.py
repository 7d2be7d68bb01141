"""Every Lambda error that the rules give: code, status, members, and AWS's sentences.

Most carry `Type` ("User" or "Service") as a further member of the body (spec/lambda.md 1.4); which
of them spell the text `message` and which `Message` is the wire's business.
"""

from typing import ClassVar

from headrace.base.arn import partition_of
from headrace.base.errors import ServiceError
from headrace.core.functions import limits

#: `Reason` of a throttle: the function's own share is used up; its account's is.
FUNCTION_IS_BUSY = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT_IS_BUSY = "ConcurrentInvocationLimitExceeded"


class FunctionError(ServiceError):
    """Base of Lambda's errors that carry a `Type`."""

    kind: ClassVar[str] = "User"

    def __init__(self, message: str, **members: str) -> None:
        """Hold AWS's sentence; `members` stand in the body before it, behind `Type`."""
        super().__init__(message, Type=self.kind, **members)


class ResourceNotFound(FunctionError):
    """There is no such function, version or alias."""

    code = query_code = "ResourceNotFoundException"
    status = 404
    fault = "Sender"


class InvalidParameterValue(FunctionError):
    """A value makes no sense, alone or together with others."""

    code = query_code = "InvalidParameterValueException"
    status = 400
    fault = "Sender"


class ConstraintViolated(ServiceError):
    """Values break constraints that the service model does not state; no `Type` (1.4)."""

    code = query_code = "ValidationException"
    status = 400
    fault = "Sender"


class AccessDenied(ServiceError):
    """The function belongs to another account, and no policy lets the caller in."""

    code = query_code = "AccessDeniedException"
    status = 403
    fault = "Sender"


class ResourceConflict(FunctionError):
    """The function exists already, or is in a state that does not allow the request."""

    code = query_code = "ResourceConflictException"
    status = 409
    fault = "Sender"


class PreconditionFailed(FunctionError):
    """The caller's RevisionId is not the latest one."""

    code = query_code = "PreconditionFailedException"
    status = 412
    fault = "Sender"


class TooManyRequests(FunctionError):
    """The invoke is throttled; `Reason` says by what."""

    code = query_code = "TooManyRequestsException"
    status = 429
    fault = "Sender"

    @property
    def is_of_function(self) -> bool:
        """Whether the function's own share is used up, and not its account's."""
        return self.members.get("Reason") == FUNCTION_IS_BUSY


class PolicyLengthExceeded(FunctionError):
    """The policy would be too long with the new statement."""

    code = query_code = "PolicyLengthExceededException"
    status = 400
    fault = "Sender"


class Unspecific(ServiceError):
    """A value makes no sense; one of the sentences that AWS gives without `Type` (L-C5)."""

    code = query_code = "InvalidParameterValueException"
    status = 400
    fault = "Sender"


class ProvisionedConcurrencyNotFound(FunctionError):
    """Nothing is provisioned of this version or alias."""

    code = query_code = "ProvisionedConcurrencyConfigNotFoundException"
    status = 404
    fault = "Sender"


class SnapStartNotReady(FunctionError):
    """The version's template is still being made."""

    code = query_code = "SnapStartNotReadyException"
    status = 409
    fault = "Sender"


class RequestEntityTooLarge(ServiceError):
    """The payload, the archive or the whole request is too big."""

    code = query_code = "RequestEntityTooLargeException"
    status = 413
    fault = "Sender"


class InvalidRequestContent(FunctionError):
    """The payload of an invoke is not JSON."""

    code = query_code = "InvalidRequestContentException"
    status = 400
    fault = "Sender"


class RecursiveInvocation(FunctionError):
    """The event has gone round in a loop through the function, which does not allow it (A9)."""

    code = query_code = "RecursiveInvocationException"
    status = 400
    fault = "Sender"


class InvalidZipFile(FunctionError):
    """The function's code cannot be unpacked when an environment starts."""

    code = query_code = "InvalidZipFileException"
    status = 502
    fault = "Receiver"


class ServiceException(FunctionError):
    """The server could not run the function: the machine refused an environment."""

    kind = "Service"
    code = query_code = "ServiceException"
    status = 500
    fault = "Receiver"


def function_not_found(arn: str) -> ResourceNotFound:
    """Return the refusal for a function, version or alias that is not there."""
    return ResourceNotFound(f"Function not found: {arn}")


def alias_not_found(arn: str) -> ResourceNotFound:
    """Return the refusal for an alias that is not there; Invoke and GetFunction say another."""
    return ResourceNotFound(f"Cannot find alias arn: {arn}")


def access_denied(
    account: str, region: str, action: str, arn: str, *, is_forbidden: bool = False
) -> AccessDenied:
    """Return the refusal of what belongs to another account that did not let the caller in.

    To a function that is to be made in another account AWS says nothing (spec/lambda.md L-C11).

    Args:
        account: The caller's.
        is_forbidden: Whether a statement keeps the caller out, and not only none lets it in.
    """
    if action == "CreateFunction":
        return AccessDenied("")
    reason = f"because no resource-based policy allows the lambda:{action} action"
    if is_forbidden:
        reason = "with an explicit deny in a resource-based policy"
    return AccessDenied(
        f"User: arn:{partition_of(region)}:iam::{account}:root is not authorized to perform: "
        f"lambda:{action} on resource: {arn} {reason}"
    )


def account_is_busy() -> TooManyRequests:
    """Return the throttle of an account whose concurrency is used up (spec/lambda.md I5)."""
    return _throttled(ACCOUNT_IS_BUSY)


def function_is_busy() -> TooManyRequests:
    """Return the throttle of a function whose reserved concurrency is used up (I5)."""
    return _throttled(FUNCTION_IS_BUSY)


def function_is_fast(*, reserved: bool) -> TooManyRequests:
    """Return the throttle of a function that gets more requests a second than it may (6.1)."""
    word = "FunctionInvocationRateLimitExceeded"
    return _throttled(f"Reserved{word}" if reserved else word)


def _throttled(reason: str) -> TooManyRequests:
    return TooManyRequests(
        "Rate Exceeded.", Reason=reason, retryAfterSeconds=str(limits.RETRY_AFTER_S)
    )


def state_conflict(state: str) -> ResourceConflict:
    """Return the refusal of what cannot be done in a function's state."""
    return ResourceConflict(
        "The operation cannot be performed at this time. The function is currently in the "
        f"following state: {state}"
    )


def update_in_progress(arn: str) -> ResourceConflict:
    """Return the refusal of a change before the last one has settled."""
    return ResourceConflict(
        "The operation cannot be performed at this time. An update is in progress for resource: "
        f"{arn}"
    )


def wrong_revision() -> PreconditionFailed:
    """Return the refusal of a function's or alias's RevisionId."""
    return PreconditionFailed(
        "The Revision Id provided does not match the latest Revision Id. Call the "
        "GetFunction/GetAlias API to retrieve the latest Revision Id"
    )


def value_out_of_bounds(value: object, field: str, constraint: str) -> str:
    """Return one part of a constraint error: what value, which field, what it must be."""
    return f"Value '{value}' at '{field}' failed to satisfy constraint: Member must {constraint}"


def constraint_violated(parts: list[str]) -> ConstraintViolated:
    """Return the error that reports all broken constraints of a request together."""
    return ConstraintViolated(constraint_text(parts))


def constraint_text(parts: list[str]) -> str:
    """Return the sentence over all broken constraints."""
    noun = "error" if len(parts) == 1 else "errors"
    return f"{len(parts)} validation {noun} detected: {'; '.join(parts)}"
