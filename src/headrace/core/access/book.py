"""Which roles and managed policies there are; changed by facts only."""

from collections import Counter
from collections.abc import Iterator

from headrace.core.access import managed
from headrace.core.access.errors import no_policy, no_role
from headrace.core.access.records import PolicyDeleted, PolicyWritten, RoleDeleted, RoleWritten
from headrace.core.access.role import Policy, Role
from headrace.core.machine import Record


class Book:
    """All roles and managed policies of a shard."""

    def __init__(self) -> None:
        """Start empty."""
        self._roles: dict[str, dict[str, Role]] = {}
        self._policies: dict[str, Policy] = {}

    def role(self, account: str, name: str) -> Role:
        """Return a role.

        Raises:
            NoSuchEntity: It is not there.
        """
        role = self._roles.get(account, {}).get(name.lower())
        if role is None or role.name != name:
            raise no_role(name)
        return role

    def has_role(self, account: str, name: str) -> bool:
        """Tell whether a name is taken; upper and lower case are the same."""
        return name.lower() in self._roles.get(account, {})

    def roles(self, account: str) -> list[Role]:
        """Return an account's roles, by name."""
        return sorted(self._roles.get(account, {}).values(), key=lambda role: role.name)

    def policy(self, account: str, arn: str) -> Policy:
        """Return a managed policy of the account, or of AWS.

        Raises:
            NoSuchEntity: It is not there.
        """
        policy = self._policies.get(arn)
        if policy is None or policy.account != account:
            policy = managed.find(arn)
        if policy is None:
            raise no_policy(arn)
        return policy

    def policies(self, account: str) -> list[Policy]:
        """Return an account's own managed policies, by ARN."""
        found = (policy for policy in self._policies.values() if policy.account == account)
        return sorted(found, key=lambda policy: policy.arn)

    def holders(self, account: str, arn: str) -> list[Role]:
        """Return the roles that have a managed policy, by name."""
        return [role for role in self.roles(account) if arn in role.attached]

    def uses(self, account: str) -> tuple[Counter[str], Counter[str]]:
        """Return how many roles have each managed policy, and as their boundary, by ARN."""
        roles = self._roles.get(account, {}).values()
        attached = Counter(arn for role in roles for arn in role.attached)
        return attached, Counter(role.boundary for role in roles)

    def everything(self) -> Iterator[Role | Policy]:
        """Yield all roles and policies, in an order that what they are alone decides."""
        for account in sorted(self._roles):
            yield from self.roles(account)
        yield from (self._policies[arn] for arn in sorted(self._policies))

    def take(self, record: Record) -> None:
        """Apply a fact."""
        if isinstance(record, RoleWritten):
            self.add(record.role)
        elif isinstance(record, PolicyWritten):
            self.add(record.policy)
        elif isinstance(record, RoleDeleted):
            del self._roles[record.account][record.name.lower()]
        else:
            assert isinstance(record, PolicyDeleted)
            del self._policies[record.arn]

    def add(self, one: Role | Policy) -> None:
        """Take in a role or policy, in the place of what had its name."""
        if isinstance(one, Role):
            self._roles.setdefault(one.account, {})[one.name.lower()] = one
        else:
            self._policies[one.arn] = one
