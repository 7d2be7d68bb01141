"""ServiceError: an answer to the caller that something was refused.

Everything else that is raised is a bug of ours: the driver logs it, answers 500 and rebuilds
the machine concerned from the journal.
"""

from typing import ClassVar


class ServiceError(Exception):
    """An answer: the request was refused and nothing has changed.

    One subclass per AWS error code, in the service's `errors.py`. Class attributes:

    * `code`: the shape name (JSON `__type` after `#`, REST-JSON `x-amzn-errortype`).
    * `query_code`: the code of the query protocol, first half of `x-amzn-query-error`; equals
      `code` where the two protocols agree.
    * `status`: the HTTP status.
    * `fault`: `"Sender"` or `"Receiver"`, in the query protocol's words.

    `message` is AWS's sentence with values filled in; `members` are further members of the error's
    JSON body (Lambda's `Type`, `Reason`), in order.
    """

    code: ClassVar[str] = "InternalFailure"
    query_code: ClassVar[str] = "InternalFailure"
    status: ClassVar[int] = 500
    fault: ClassVar[str] = "Receiver"

    def __init__(self, message: str, **members: str) -> None:
        """Hold AWS's sentence and further members of the error's body."""
        super().__init__(message)
        self.message = message
        self.members = members


class InternalFailure(ServiceError):
    """We failed: a bug, a full disk, a lost journal. Nothing was acknowledged."""


class ServiceUnavailable(ServiceError):
    """The server is stopping or has more work in hand than its limits allow; try again."""

    code = "ServiceUnavailable"
    query_code = "ServiceUnavailable"
    status = 503
