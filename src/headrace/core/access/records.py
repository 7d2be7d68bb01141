"""What is remembered of roles and policies: each as a whole, since they are small."""

from headrace.core.access.role import Policy, Role
from headrace.core.machine import Record


class RoleWritten(Record, frozen=True, tag=310):
    """A role is this from now on."""

    role: Role


class RoleDeleted(Record, frozen=True, tag=311):
    """A role is gone."""

    account: str
    name: str


class PolicyWritten(Record, frozen=True, tag=312):
    """A managed policy is this from now on."""

    policy: Policy


class PolicyDeleted(Record, frozen=True, tag=313):
    """A managed policy is gone."""

    arn: str
