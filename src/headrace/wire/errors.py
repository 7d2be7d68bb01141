"""Refusals that the wire itself gives: unknown operations and what cannot be read."""

from headrace.base.errors import ServiceError


class UnknownOperation(ServiceError):
    """No operation of ours is asked for (spec/sqs.md 1.1, spec/lambda.md W10)."""

    code = "UnknownOperationException"
    query_code = "UnknownOperationException"
    status = 404
    fault = "Sender"


class UnknownTarget(UnknownOperation):
    """X-Amz-Target names no operation: 400, for 404 means no target at all (spec/sqs.md 1.2)."""

    status = 400


class InvalidAction(ServiceError):
    """The query protocol's `Action` is unknown, or cannot be asked of a queue's own URL."""

    code = "InvalidAction"
    query_code = "InvalidAction"
    status = 400
    fault = "Sender"


class MalformedQueryString(ServiceError):
    """Query parameters cannot be read: a bad escape, text that is not UTF-8, too many of them."""

    code = "MalformedQueryString"
    query_code = "MalformedQueryString"
    status = 404
    fault = "Sender"


class SerializationException(ServiceError):
    """The body cannot be read, or a value is of another type than the model says."""

    code = "SerializationException"
    query_code = "SerializationException"
    status = 400
    fault = "Sender"


class InvalidParameterException(ServiceError):
    """Values break the model's constraints, in the word of CloudWatch Logs."""

    code = "InvalidParameterException"
    query_code = "InvalidParameterException"
    status = 400
    fault = "Sender"


class ValidationException(ServiceError):
    """Values break the model's constraints (spec/lambda.md 1.4): all of them in one sentence."""

    code = "ValidationException"
    query_code = "ValidationError"
    status = 400
    fault = "Sender"


class IncompleteBody(ServiceError):
    """An upload ends before it is complete (S3's API reference)."""

    code = "IncompleteBody"
    status = 400
    fault = "Sender"

    def __init__(self) -> None:
        """Say so as S3 does."""
        super().__init__(
            "You did not provide the number of bytes specified by the Content-Length HTTP header"
        )


class MalformedXml(ServiceError):
    """A body is not the XML that its operation takes (S3's API reference)."""

    code = "MalformedXML"
    status = 400
    fault = "Sender"

    def __init__(self) -> None:
        """Say so as S3 does."""
        super().__init__(
            "The XML you provided was not well-formed or did not validate against our published "
            "schema"
        )


class MissingRequestBody(ServiceError):
    """An operation that takes a document gets none (S3's API reference)."""

    code = "MissingRequestBodyError"
    status = 400
    fault = "Sender"

    def __init__(self) -> None:
        """Say so as S3 does."""
        super().__init__("Request body is empty.")


class InvalidArgument(ServiceError):
    """A value of a request to S3 has another type than the model says."""

    code = "InvalidArgument"
    status = 400
    fault = "Sender"


class MethodNotAllowed(ServiceError):
    """S3 has no operation of this method here."""

    code = "MethodNotAllowed"
    status = 405
    fault = "Sender"

    def __init__(self, method: str) -> None:
        """Name the method."""
        super().__init__(
            "The specified method is not allowed against this resource.", Method=method
        )


class NotImplementedHere(ServiceError):
    """S3 has the operation and this server has not."""

    code = "NotImplemented"
    status = 501
    fault = "Sender"
