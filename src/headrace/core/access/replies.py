"""What the room answers."""

from typing import NamedTuple

from headrace.core.access.role import Policy, Role


class Done(NamedTuple):
    """It is done, and there is nothing to tell."""


class RoleShown(NamedTuple):
    """A role as it is now."""

    role: Role


class RolesListed(NamedTuple):
    """Roles, by name."""

    roles: list[Role]


class PolicyShown(NamedTuple):
    """A managed policy as it is now."""

    policy: Policy
    attachments: int  #: How many roles of the account have it.
    boundaries: int  #: How many have it as their permissions boundary.


class PoliciesListed(NamedTuple):
    """Managed policies, by ARN."""

    policies: list[PolicyShown]
