"""What IAM answers to requests that it refuses, by code."""

from headrace.base.errors import ServiceError


class AccessError(ServiceError):
    """A refusal of IAM's; the code is the same in all protocols."""

    status = 400
    fault = "Sender"


class NoSuchEntity(AccessError):
    """A role, policy or version is not there."""

    code = query_code = "NoSuchEntity"
    status = 404


class EntityAlreadyExists(AccessError):
    """The name is taken."""

    code = query_code = "EntityAlreadyExists"
    status = 409


class DeleteConflict(AccessError):
    """Something still hangs on what should go."""

    code = query_code = "DeleteConflict"
    status = 409


class LimitExceeded(AccessError):
    """A quota of `limits.py` is used up."""

    code = query_code = "LimitExceeded"
    status = 409


class MalformedPolicyDocument(AccessError):
    """A document is no policy."""

    code = query_code = "MalformedPolicyDocument"


class InvalidInput(AccessError):
    """Values that the model allows and IAM does not."""

    code = query_code = "InvalidInput"


class DuplicateTagKeys(InvalidInput):
    """Two keys are the same, or differ in upper and lower case only."""

    def __init__(self) -> None:
        """Say so as IAM does."""
        super().__init__(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )


class ValidationError(AccessError):
    """A value that cannot be what it stands for, such as a marker."""

    code = query_code = "ValidationError"


class AccessDenied(AccessError):
    """What is AWS's own is not the caller's to change."""

    code = query_code = "AccessDenied"
    status = 403


def no_role(name: str) -> NoSuchEntity:
    """Return the refusal for a role that is not there."""
    return NoSuchEntity(f"The role with name {name} cannot be found.")


def no_policy(arn: str) -> NoSuchEntity:
    """Return the refusal for a managed policy that is not there."""
    return NoSuchEntity(f"Policy {arn} was not found.")
