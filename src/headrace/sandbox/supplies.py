"""What each environment uses up: a control group, a user id, folders."""

import os
from collections.abc import Callable

import msgspec

from headrace.ports.sandbox import EnvironmentSpec, SandboxUnavailable
from headrace.sandbox import limits
from headrace.sandbox.cgroups import Group
from headrace.sandbox.languages.language import LAMBDA_PLACES, Interpreter, Places
from headrace.sandbox.layers import merged_name
from headrace.sandbox.levels import PROGRAMS, Posture
from headrace.sandbox.removal import remove_tree


class NoUsersLeft(Exception):
    """All runs of user ids are given out: environments cannot be copied from another template."""


class Users:
    """A run of user ids, of which the one that came back last is given out first."""

    def __init__(self, first: int, count: int) -> None:
        self.first = first
        self.count = count
        self._free: list[int] = []
        self._next = first

    @property
    def is_empty(self) -> bool:
        """Whether all are given out."""
        return not self._free and self._next == self.first + self.count

    def take(self) -> int:
        """Return one that nobody has.

        Raises:
            SandboxUnavailable: All are given out.
        """
        if self._free:
            return self._free.pop()
        if self.is_empty:
            raise SandboxUnavailable("There is no user id left for another environment.")
        self._next += 1
        return self._next - 1

    def give_back(self, user: int) -> None:
        """Take one back."""
        self._free.append(user)


class Supply(msgspec.Struct, frozen=True):
    """What one environment has been given."""

    group: Group | None
    user: int  #: 0: the server's own.
    places: Places
    scratch: str  #: The folder for its temporary files; empty where it gets a /tmp of its own.
    users: Users | None = None  #: Where the user id goes back to.
    is_used: bool = False  #: Whether another process tree of the same environment had it before.


class Supplies:
    """Hands out what environments need and takes it back when they are gone."""

    def __init__(
        self,
        posture: Posture,
        *,
        folder: str,
        code_folder: str,
        remove: Callable[[str], None] = remove_tree,
    ) -> None:
        """Begin with nothing given out.

        Args:
            remove: Removes a folder that may hold very much, later if need be.
        """
        self._remove = remove
        self._posture = posture
        self._folder = folder
        self._code_folder = code_folder
        self._scratch = f"{folder}/scratch"
        self._users = Users(limits.FIRST_USER, limits.USER_COUNT)
        self._runs = [
            Users(
                limits.FIRST_TEMPLATE_USER + number * limits.TEMPLATE_USER_COUNT,
                limits.TEMPLATE_USER_COUNT,
            )
            for number in range(limits.TEMPLATE_USERS_COUNT)
        ]
        self._groups_to_remove: list[Group] = []
        remove_tree(self._scratch)
        os.makedirs(self._scratch, mode=0o755, exist_ok=True)

    def take_users(self) -> Users | None:
        """Return the user ids of a template and its environments; None where all share one.

        Raises:
            NoUsersLeft: Templates that are gone still have environments.
        """
        if not self._posture.own_user:
            return None
        if not self._runs:
            raise NoUsersLeft
        users = self._runs.pop()
        return Users(users.first, users.count)

    def give_back_users(self, users: Users) -> None:
        """Take back the user ids of a template that is gone with all its environments."""
        self._runs.append(users)

    def take(
        self, spec: EnvironmentSpec, interpreter: Interpreter, users: Users | None = None
    ) -> Supply:
        """Return what a new environment needs.

        Args:
            users: Where it gets its user id from, if not from those of all.

        Raises:
            SandboxUnavailable: The kernel refuses, or there is no user id left.
        """
        self._remove_groups()
        try:
            group = None
            if self._posture.groups is not None:
                group = self._posture.groups.create(spec.environment_id, spec.memory_mb)
            places, scratch = _lambda_places(interpreter), ""
            if not self._posture.namespaces:
                scratch = f"{self._scratch}/{spec.environment_id}"
                os.mkdir(scratch, 0o700)
                places = self._real_places(spec, interpreter, scratch)
        except OSError as error:
            raise SandboxUnavailable(f"An environment cannot be set up: {error}.") from error
        users = self.users_for(interpreter, users)
        return Supply(group, 0 if users is None else users.take(), places, scratch, users)

    def users_for(self, interpreter: Interpreter, users: Users | None = None) -> Users | None:
        """Return where an environment gets its user id from; None: it has the server's own.

        Args:
            users: Those of its template, if it has some.
        """
        if users is not None:
            return users
        return self._users if self._has_own_user(interpreter) else None

    def renew(self, supply: Supply, spec: EnvironmentSpec, interpreter: Interpreter) -> Supply:
        """Return what an environment needs that is reset: what it had."""
        places = supply.places
        if supply.scratch:
            places = self._real_places(spec, interpreter, supply.scratch)
        return msgspec.structs.replace(supply, places=places, is_used=True)

    def give_back(self, supply: Supply) -> None:
        """Take everything back from an environment that is gone."""
        if supply.users is not None:
            supply.users.give_back(supply.user)
        if supply.group is not None and not supply.group.remove():
            self._groups_to_remove.append(supply.group)
        if supply.scratch:
            self._remove(supply.scratch)

    def close(self) -> None:
        """Remove what is shared by all environments."""
        self._remove_groups()
        if self._posture.groups is not None:
            self._posture.groups.remove()

    def _remove_groups(self) -> None:
        self._groups_to_remove = [one for one in self._groups_to_remove if not one.remove()]

    def _real_places(self, spec: EnvironmentSpec, interpreter: Interpreter, scratch: str) -> Places:
        task = f"{self._code_folder}/{spec.code_digest}"
        return Places(
            task=task,
            runtime=PROGRAMS,
            language=interpreter.prefix,
            layers=self._layers(spec),
            scratch=scratch,
            programs=PROGRAMS,
        )

    def _layers(self, spec: EnvironmentSpec) -> str:
        if not spec.layers:
            return LAMBDA_PLACES.layers
        return f"{self._code_folder}/{merged_name([layer.digest for layer in spec.layers])}"

    def _has_own_user(self, interpreter: Interpreter) -> bool:
        """Return whether environments have users of their own, who can read what they need."""
        if not self._posture.own_user:
            return False
        return self._posture.namespaces or all(
            _is_open_to_all(path)
            for path in (
                interpreter.prefix or "/",
                interpreter.client or "/",
                self._folder,
                PROGRAMS,
            )
        )


def _lambda_places(interpreter: Interpreter) -> Places:
    if interpreter.prefix:
        return LAMBDA_PLACES
    return msgspec.structs.replace(LAMBDA_PLACES, language="")


def _is_open_to_all(path: str) -> bool:
    """Return whether any user may enter a folder."""
    while True:
        if not os.stat(path).st_mode & 0o001:
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)
