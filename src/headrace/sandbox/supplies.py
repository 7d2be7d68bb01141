"""What each environment uses up: a control group, a user id, folders."""

import os
import shutil

import msgspec

from headrace.ports.sandbox import EnvironmentSpec, SandboxUnavailable
from headrace.sandbox import limits
from headrace.sandbox.cgroups import Group
from headrace.sandbox.languages.language import LAMBDA_PLACES, Interpreter, Places
from headrace.sandbox.layers import merged_name
from headrace.sandbox.levels import PROGRAMS, Posture


class Supply(msgspec.Struct, frozen=True):
    """What one environment has been given."""

    group: Group | None
    user: int  #: 0: the server's own.
    places: Places
    scratch: str  #: The folder for its temporary files; empty where it gets a /tmp of its own.


class Supplies:
    """Hands out what environments need and takes it back when they are gone."""

    def __init__(self, posture: Posture, *, folder: str, code_folder: str) -> None:
        self._posture = posture
        self._folder = folder
        self._code_folder = code_folder
        self._scratch = f"{folder}/scratch"
        self._free_users: list[int] = []
        self._next_user = limits.FIRST_USER
        self._groups_to_remove: list[Group] = []
        shutil.rmtree(self._scratch, ignore_errors=True)
        os.makedirs(self._scratch, mode=0o755, exist_ok=True)

    def take(self, spec: EnvironmentSpec, interpreter: Interpreter) -> Supply:
        """Return what a new environment needs.

        Raises:
            SandboxUnavailable: The kernel refuses.
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
        return Supply(group, self._take_user(interpreter), places, scratch)

    def give_back(self, supply: Supply) -> None:
        """Take everything back from an environment that is gone."""
        if supply.user:
            self._free_users.append(supply.user)
        if supply.group is not None and not supply.group.remove():
            self._groups_to_remove.append(supply.group)
        if supply.scratch:
            shutil.rmtree(supply.scratch, ignore_errors=True)

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

    def _take_user(self, interpreter: Interpreter) -> int:
        if not self._posture.own_user:
            return 0
        if not self._posture.namespaces and not all(
            _is_open_to_all(path)
            for path in (
                interpreter.prefix or "/",
                interpreter.client or "/",
                self._folder,
                PROGRAMS,
            )
        ):
            return 0  # It could not even read its interpreter.
        if self._free_users:
            return self._free_users.pop()
        self._next_user += 1
        return self._next_user - 1


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
