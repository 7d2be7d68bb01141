"""Make environments: get what each needs, and let a zygote or a template fork it."""

import asyncio
import os
import socket
import time

from headrace.ports.sandbox import EnvironmentSpec, LogTaker, SandboxUnavailable
from headrace.sandbox.belongings import Belongings
from headrace.sandbox.endpoint import Endpoint
from headrace.sandbox.environment import LinuxEnvironment
from headrace.sandbox.forker import ForkerGone
from headrace.sandbox.languages.catalogue import PYTHON, language_for
from headrace.sandbox.languages.language import Interpreter, Speech
from headrace.sandbox.languages.python import own_interpreter
from headrace.sandbox.levels import Posture
from headrace.sandbox.orders import compose_order, may_have_extensions
from headrace.sandbox.pool import ZygotePool
from headrace.sandbox.runtime_api import RuntimeApi
from headrace.sandbox.sockets import HostSockets, PassedSockets
from headrace.sandbox.supplies import Supplies, Supply, Users
from headrace.sandbox.templates import Template
from headrace.sandbox.webserver import PeerCheck
from headrace.sandbox.zygotes import Zygote


class Maker:
    """Makes the environments of a sandbox; their init phases are still to be waited for."""

    def __init__(
        self,
        posture: Posture,
        supplies: Supplies,
        pool: ZygotePool,
        environments: dict[str, LinuxEnvironment],
        *,
        forks: bool,
    ) -> None:
        """Begin.

        Args:
            environments: Kept up to date with all that live.
            forks: Whether a zygote's own interpreter may be used instead of a new one.
        """
        self._posture = posture
        self._supplies = supplies
        self._pool = pool
        self._environments = environments
        self._forks = forks

    async def fork(
        self,
        spec: EnvironmentSpec,
        take_log: LogTaker,
        interpreter: Interpreter,
        control: socket.socket | None = None,
        users: Users | None = None,
        after: LinuxEnvironment | None = None,
    ) -> tuple[int, LinuxEnvironment]:
        """Let a zygote fork an environment; return when it began, and the environment.

        Args:
            after: One that has ended and that it takes the place of.
            control: The end of a control socket, for a template.
            users: Where it gets its user id from, if not from those of all.
        """
        python = zygote_of(interpreter)
        zygote = await self._pool.get(python)
        started = time.monotonic_ns()
        parts = (spec, take_log, interpreter)
        try:
            environment = await self._fork_from(zygote, *parts, users, control, after)
        except ForkerGone:
            # It had died without our noticing; a new one gets one chance.
            zygote = await self._pool.get(python)
            try:
                environment = await self._fork_from(zygote, *parts, users, control)
            except ForkerGone as error:
                raise SandboxUnavailable("The zygote died.") from error
        return started, environment

    async def make_template(
        self, spec: EnvironmentSpec, take_log: LogTaker, interpreter: Interpreter
    ) -> tuple[LinuxEnvironment, Template]:
        """Start what runs a function's init phase and will be copied; see `Templates`."""
        users = self._supplies.take_users()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            _, keeper = await self.fork(spec, take_log, interpreter, theirs, users)
        except BaseException:
            ours.close()
            if users is not None:
                self._supplies.give_back_users(users)
            raise
        finally:
            theirs.close()
        if users is not None:
            keeper.when_gone(lambda: self._supplies.give_back_users(users))
        return keeper, Template(asyncio.get_running_loop(), keeper, ours, interpreter, users)

    async def copy(
        self,
        spec: EnvironmentSpec,
        take_log: LogTaker,
        template: Template,
        after: LinuxEnvironment | None = None,
    ) -> LinuxEnvironment:
        """Start an environment that goes on where a template stands; see `Templates`.

        Args:
            after: One that has ended and that it takes the place of.
        """
        parts = (spec, take_log, template.interpreter, template.users)
        return await self._fork_from(template, *parts, after=after)

    async def _fork_from(
        self,
        forker: Zygote | Template,
        spec: EnvironmentSpec,
        take_log: LogTaker,
        interpreter: Interpreter,
        users: Users | None,
        control: socket.socket | None = None,
        after: LinuxEnvironment | None = None,
    ) -> LinuxEnvironment:
        belongings = self._take(spec, interpreter, users, after)
        supply = belongings.supply
        language = language_for(interpreter.runtime)
        takes = belongings.has_left
        leaves = self._posture.namespaces and control is None
        try:
            environment, descriptors = self._open_environment(
                spec, take_log, belongings, control, framed_log=language.frames_log, leaves=leaves
            )
        except OSError as error:
            belongings.give_back()
            raise SandboxUnavailable(f"An environment cannot be set up: {error}.") from error
        self._environments[spec.environment_id] = environment
        endpoint, address = None, ""
        speaks_frames = language.speech is Speech.FRAMES
        is_alone = spec.network == "none"
        attended = may_have_extensions(spec) and control is None and isinstance(forker, Zygote)
        if attended or not speaks_frames:
            endpoint, address = _open_endpoint(
                environment,
                descriptors,
                speaks_frames=speaks_frames,
                attended=attended,
                is_alone=is_alone,
            )
        order = compose_order(
            spec,
            supply,
            self._posture,
            interpreter,
            language,
            libraries=self._pool.libraries_for(interpreter),
            forks=self._forks,
            api_address=address,
            api_port=endpoint.port if endpoint is not None and is_alone else 0,
            is_template=control is not None,
            leaves_temporary=leaves,
            takes_temporary=takes,
        )
        try:
            environment.adopt(await forker.start(order, descriptors, environment.note_end))
        except (SandboxUnavailable, ForkerGone):
            environment.note_end(None)
            raise
        if endpoint is not None:
            # Not before it is adopted: until then nobody knows which processes are its own.
            await endpoint.serve(None if is_alone else _owners_only(environment, endpoint, supply))
        return environment

    def _open_environment(
        self,
        spec: EnvironmentSpec,
        take_log: LogTaker,
        belongings: Belongings,
        control: socket.socket | None,
        *,
        framed_log: bool,
        leaves: bool,
    ) -> tuple[LinuxEnvironment, list[int]]:
        """Return our end of an environment, and the descriptors for its own end.

        Raises:
            OSError: There are too many open files.
        """
        group = belongings.supply.group
        descriptors = group.joining_descriptors() if group is not None else []
        try:
            if leaves:
                descriptors[:0] = belongings.open_hatch()
            if control is not None:
                descriptors.insert(0, os.dup(control.fileno()))
            ours, theirs = socket.socketpair()
            log_reader, log_writer = os.pipe()
        except OSError:
            for descriptor in descriptors:
                os.close(descriptor)
            raise
        ours.setblocking(False)
        environment = LinuxEnvironment(
            asyncio.get_running_loop(),
            spec,
            ours,
            log_reader,
            take_log,
            belongings=belongings,
            kills_with_keeper=self._posture.namespaces,
            framed_log=framed_log,
        )
        environment.is_template = control is not None
        return environment, [theirs.detach(), log_writer, *descriptors]

    def _take(
        self,
        spec: EnvironmentSpec,
        interpreter: Interpreter,
        users: Users | None,
        after: LinuxEnvironment | None,
    ) -> Belongings:
        """Return what the environment before has left, or else something new.

        Between copies of two templates nothing passes: their users are not the same.
        """
        left = None if after is None else after.belongings
        if after is not None and left is not None and not left.is_gone:
            if left.supply.users is self._supplies.users_for(interpreter, users):
                return left.pass_on(spec, interpreter, after.processes)
            after.let_go()
        supply = self._supplies.take(spec, interpreter, users)
        return Belongings(self._supplies, supply, lambda: self._forget(spec.environment_id))

    def _forget(self, environment_id: str) -> None:
        self._environments.pop(environment_id, None)


def _open_endpoint(
    environment: LinuxEnvironment,
    descriptors: list[int],
    *,
    speaks_frames: bool,
    attended: bool,
    is_alone: bool,
) -> tuple[Endpoint, str]:
    """Let the programs of an environment reach us over HTTP, or end it; return where.

    Args:
        descriptors: What the environment is given, see `_add_endpoint`.

    Raises:
        SandboxUnavailable: There is no free port or descriptor.
    """
    try:
        return _add_endpoint(
            environment,
            descriptors,
            speaks_frames=speaks_frames,
            attended=attended,
            is_alone=is_alone,
        )
    except OSError as error:
        for descriptor in descriptors:
            os.close(descriptor)
        environment.note_end(None)
        raise SandboxUnavailable(f"An environment cannot be set up: {error}.") from error


def _add_endpoint(
    environment: LinuxEnvironment,
    descriptors: list[int],
    *,
    speaks_frames: bool,
    attended: bool,
    is_alone: bool,
) -> tuple[Endpoint, str]:
    """Return an endpoint for an environment, and its address; add what its programs need for it.

    Args:
        descriptors: What the environment is given; right behind the first two come the socket for
            reports and the log of extensions, where it may have some, and the door for its
            sockets, where it is alone.
        is_alone: Whether it has a network of its own, and nobody else is there.

    Raises:
        OSError: There is no free port or descriptor.
    """
    runtime = None
    if not speaks_frames:
        runtime = RuntimeApi(environment.hear)
        environment.speak_through(runtime)
    extensions = telemetry = None
    passed = PassedSockets() if is_alone and attended else None
    if attended:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        log_reader, log_writer = os.pipe()
        descriptors[2:2] = [theirs.detach(), log_writer]
        attendance = environment.attend(ours, log_reader, passed or HostSockets())
        extensions, telemetry = attendance.extensions, attendance.telemetry
    endpoint = Endpoint(runtime, extensions, telemetry)
    environment.when_gone(endpoint.close)
    if not is_alone:
        return endpoint, endpoint.bind_here()
    ours, theirs = socket.socketpair()
    descriptors.insert(4 if attended else 2, theirs.detach())
    return endpoint, endpoint.expect(ours, passed)


def _owners_only(environment: LinuxEnvironment, endpoint: Endpoint, supply: Supply) -> PeerCheck:
    """Return the check that whoever connects is a process of the environment."""
    port = endpoint.port
    return lambda peer: environment.processes.owns(peer[1], port, supply.user)


def zygote_of(interpreter: Interpreter) -> Interpreter:
    """Return the Python whose zygote makes the environments of an interpreter."""
    is_python = language_for(interpreter.runtime) is PYTHON
    return interpreter if is_python else own_interpreter()
