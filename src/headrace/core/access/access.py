"""The room of roles and policies: one machine, since they are few, small and seldom changed."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from headrace.base.instant import Instant
from headrace.core.access import commands as asked
from headrace.core.access import policies, roles
from headrace.core.access.book import Book
from headrace.core.access.decision import ACCESS, Decision, Scene
from headrace.core.access.records import PolicyDeleted, PolicyWritten, RoleDeleted, RoleWritten
from headrace.core.access.role import Policy, Role
from headrace.core.machine import BodyAddress, Record, Remember, Reply

FORMAT = b"\x01"

Rule = Callable[[Any, Scene], Decision]

RULES: dict[type, Rule] = {
    asked.CreateRole: roles.create,
    asked.FindRole: roles.find,
    asked.ListRoles: roles.list_roles,
    asked.UpdateRole: roles.update,
    asked.DeleteRole: roles.delete,
    asked.TagRole: roles.tag,
    asked.PutRolePolicy: roles.put_policy,
    asked.FindRolePolicy: roles.find_policy,
    asked.DeleteRolePolicy: roles.delete_policy,
    asked.AttachRolePolicy: roles.attach,
    asked.DetachRolePolicy: roles.detach,
    asked.CreatePolicy: policies.create,
    asked.FindPolicy: policies.find,
    asked.FindPolicyVersion: policies.find_version,
    asked.ListPolicies: policies.list_policies,
    asked.ListEntities: policies.list_entities,
    asked.DeletePolicy: policies.delete,
    asked.CreatePolicyVersion: policies.create_version,
    asked.DeletePolicyVersion: policies.delete_version,
    asked.SetDefaultPolicyVersion: policies.set_default,
    asked.TagPolicy: policies.tag,
}


class AccessState(msgspec.Struct, frozen=True, array_like=True):
    """Everything durable."""

    roles: list[Role]
    policies: list[Policy]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AccessState).decode


class Access:
    """Roles and policies as a `core.machine.Room`."""

    commands: tuple[type, ...] = tuple(RULES)
    growing: tuple[type, ...] = (
        asked.CreateRole,
        asked.UpdateRole,
        asked.TagRole,
        asked.PutRolePolicy,
        asked.AttachRolePolicy,
        asked.CreatePolicy,
        asked.CreatePolicyVersion,
        asked.TagPolicy,
    )
    records: tuple[type[Record], ...] = (RoleWritten, RoleDeleted, PolicyWritten, PolicyDeleted)

    def __init__(self) -> None:
        """Start empty."""
        self._book = Book()
        self._was_used = False

    def apply(self, command: Any, now: Instant, ticket: int) -> list[Any]:
        """Decide a command; see `core.machine.Room`."""
        reply, records = RULES[type(command)](command, Scene(self._book, now))
        for record in records:
            self._take(record)
        return [*map(Remember, records), Reply(ticket, reply)]

    def next_deadline(self) -> Instant | None:
        """Return None: time changes nothing here."""
        return None

    def wake(self, now: Instant, at_most: int) -> list[Any]:
        """Do nothing."""
        return []

    def resume(self, now: Instant) -> list[Any]:
        """Do nothing."""
        return []

    def replay(self, record: Record, block: int) -> None:
        """Apply a fact."""
        self._take(record)

    def machines(self) -> Iterable[int]:
        """Return the room's only number, once it was used: unused, it costs nothing."""
        return (ACCESS,) if self._was_used else ()

    def snapshot(self, machine: int) -> bytes:
        """Return everything."""
        everything = list(self._book.everything())
        state = AccessState(
            [one for one in everything if isinstance(one, Role)],
            [one for one in everything if isinstance(one, Policy)],
        )
        return FORMAT + _encode(state)

    def load(self, machine: int, state: bytes) -> None:
        """Take what `snapshot` returned.

        Raises:
            ValueError: The format is unknown.
        """
        if state[:1] != FORMAT:
            raise ValueError("the state of roles and policies in an unknown format")
        found = _decode(memoryview(state)[1:])
        for role in found.roles:
            self._book.add(role)
        for policy in found.policies:
            self._book.add(policy)
        self._was_used = True

    def count_bodies(self) -> dict[int, int]:
        """Return nothing: there are no bodies."""
        return {}

    def relocate(self, blocks: frozenset[int]) -> list[tuple[int, BodyAddress]]:
        """Return nothing: there are no bodies."""
        return []

    def _take(self, record: Record) -> None:
        self._was_used = True
        self._book.take(record)
