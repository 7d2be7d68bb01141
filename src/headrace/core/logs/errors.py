"""Every error of CloudWatch Logs that the rules give, with AWS's sentences (spec/lambda.md 5.4)."""

from headrace.base.errors import ServiceError


class ResourceNotFound(ServiceError):
    """There is no such group or stream."""

    code = query_code = "ResourceNotFoundException"
    status = 400
    fault = "Sender"


class ResourceAlreadyExists(ServiceError):
    """The group or stream is there already."""

    code = query_code = "ResourceAlreadyExistsException"
    status = 400
    fault = "Sender"


class InvalidParameter(ServiceError):
    """A value makes no sense, alone or together with others."""

    code = query_code = "InvalidParameterException"
    status = 400
    fault = "Sender"


class TooManyTags(ServiceError):
    """A group would have more than 50 tags."""

    code = query_code = "TooManyTagsException"
    status = 400
    fault = "Sender"


def no_group() -> ResourceNotFound:
    """Return what is said of a group that is not there."""
    return ResourceNotFound("The specified log group does not exist.")


def no_stream() -> ResourceNotFound:
    """Return what is said of a stream that is not there."""
    return ResourceNotFound("The specified log stream does not exist.")
