"""Every refusal of the event source mapping operations (spec/esm.md 1.1, 1.4)."""

from headrace.base.errors import ServiceError


class InvalidParameterValue(ServiceError):
    """A parameter that does not fit the others, or names what does not exist."""

    code = "InvalidParameterValueException"
    query_code = "InvalidParameterValueException"
    status = 400
    fault = "Sender"

    def __init__(self, message: str) -> None:
        """Hold AWS's sentence."""
        super().__init__(message, Type="User")


class ResourceConflict(ServiceError):
    """There is such a mapping already."""

    code = "ResourceConflictException"
    query_code = "ResourceConflictException"
    status = 409
    fault = "Sender"

    def __init__(self, source_arn: str, function_name: str, uuid: str) -> None:
        """Name the mapping that exists; the spaces inside the quotes are AWS's."""
        super().__init__(
            f'An event source mapping with SQS arn (" {source_arn} ") and function '
            f'(" {function_name} ") already exists. Please update or delete the existing mapping '
            f"with UUID {uuid}",
            Type="User",
        )


class MappingNotFound(ServiceError):
    """No mapping has this UUID."""

    code = "ResourceNotFoundException"
    query_code = "ResourceNotFoundException"
    status = 404
    fault = "Sender"

    def __init__(self, message: str = "The resource you requested does not exist.") -> None:
        """Say AWS's sentence."""
        super().__init__(message, Type="User")


class MappingInUse(ServiceError):
    """The mapping is on its way from one state to another."""

    code = "ResourceInUseException"
    query_code = "ResourceInUseException"
    status = 400
    fault = "Sender"

    def __init__(self, verb: str) -> None:
        """Name what cannot be done, "update" or "delete"."""
        super().__init__(
            f"Cannot {verb} the event source mapping because it is in use.", Type="User"
        )
