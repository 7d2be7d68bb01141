"""Templates for SnapStart: made once for a version, copied for each of its environments.

`child/template.py` is the other side. A function is copied only where that changes nothing it
could notice: a process with threads, children, or open pipes runs its init phase in each
environment instead, and so does every function below level `namespace`.
"""

import asyncio
import itertools
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from headrace.ports.sandbox import EnvironmentSpec, InitStatus, LogTaker, SandboxUnavailable
from headrace.sandbox import limits, trees
from headrace.sandbox.environment import LinuxEnvironment
from headrace.sandbox.forker import EndListener, Forker, ForkerGone
from headrace.sandbox.languages.language import Interpreter
from headrace.sandbox.supplies import NoUsersLeft, Users
from headrace.sandbox.trees import wait_readable

log = logging.getLogger(__name__)

#: How often an environment is tried to be copied before it runs its own init phase.
_ATTEMPTS = 2


class Template:
    """A process that has run a function's init phase, and waits to be copied."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        keeper: LinuxEnvironment,
        control: socket.socket,
        interpreter: Interpreter,
        users: Users | None,
    ) -> None:
        self._loop = loop
        self._keeper = keeper
        self._forker = Forker(loop, control, on_silence=self.retire)
        self.interpreter = interpreter
        #: Where its environments get their user ids from; None: they have the template's own.
        self.users = users
        self._copies = 0
        self._is_wanted = True
        keeper.when_gone(self.retire)

    @property
    def is_alive(self) -> bool:
        """Whether it can be copied now."""
        return self._forker.is_alive and (self.users is None or not self.users.is_empty)

    async def find_obstacle(self) -> str:
        """Return why it cannot be copied; empty if it can.

        Raises:
            ForkerGone: It has died.
            TimeoutError: It does not say.
        """
        async with asyncio.timeout(limits.FORK_S):
            return await self._forker.ready

    async def start(
        self, order: dict[str, Any], descriptors: Sequence[int], on_end: EndListener
    ) -> int:
        """Fork an environment and return its pidfd, as `Forker.start` does.

        Raises:
            SandboxUnavailable: The kernel refuses to fork.
            ForkerGone: The template has died.
        """
        reader, writer = os.pipe()
        # The function that runs in the template may keep the other end open.
        os.set_blocking(reader, False)
        connection, log_pipe, *others = descriptors
        try:
            handle = await self._forker.start(order, [connection, log_pipe, writer, *others], None)
        except BaseException:
            os.close(reader)
            raise
        if not trees.pid_of(handle):
            # It has ended already, or the function has spoken in the place of its template.
            os.close(handle)
            os.close(reader)
            raise ForkerGone
        self._copies += 1
        gone = wait_readable(self._loop, handle)
        gone.add_done_callback(lambda _: self._note_end(reader, on_end))
        return handle

    def retire(self) -> None:
        """Make no more copies, and end; the keepers stay until its last copy is gone."""
        self._is_wanted = False
        self._forker.end()
        self._let_go()

    def _let_go(self) -> None:
        if not self._copies and not self._is_wanted:
            self._keeper.end()

    def _note_end(self, reader: int, on_end: EndListener) -> None:
        try:
            left = os.read(reader, 4)
        except BlockingIOError:
            left = b""
        os.close(reader)
        self._copies -= 1
        self._let_go()
        # A keeper that was killed left nothing.
        on_end(int.from_bytes(left, "little") if len(left) == 4 else signal.SIGKILL)


class Made(msgspec.Struct, frozen=True):
    """What came of making a template; none if its init phase failed or it cannot be copied."""

    keeper: LinuxEnvironment
    template: Template | None


#: Starts the processes of a template.
Makes = Callable[[EnvironmentSpec, LogTaker], Awaitable[tuple[LinuxEnvironment, Template]]]
#: Copies a template to an environment whose runtime has still to say how it went; last, the one
#: that it takes the place of.
Copies = Callable[
    [EnvironmentSpec, LogTaker, Template, LinuxEnvironment | None], Awaitable[LinuxEnvironment]
]


class Templates:
    """The templates of a sandbox, by name, the one used least recently first."""

    def __init__(self, make: Makes, copy: Copies) -> None:
        self._make = make
        self._copy = copy
        self._made: dict[str, asyncio.Task[Made]] = {}
        self._numbers = itertools.count(1)

    async def prepare(self, spec: EnvironmentSpec, take_log: LogTaker) -> LinuxEnvironment | None:
        """Make a template anew and return what ran its init phase; None: there is no room.

        Raises:
            SandboxUnavailable: The machine refuses.
        """
        self.drop(spec.template)
        made = await self._get(spec, take_log)
        return None if made is None else made.keeper

    async def start(
        self, spec: EnvironmentSpec, take_log: LogTaker, after: LinuxEnvironment | None = None
    ) -> LinuxEnvironment | None:
        """Return a copy of a template, which is made first if it is not there.

        None: there is no copy to be had, and the environment has to run its own init phase. When
        the template's init phase fails, what ran it is returned.

        Args:
            after: One that has ended and that the copy takes the place of.

        Raises:
            SandboxUnavailable: The machine refuses.
        """
        started = time.monotonic_ns()
        for _ in range(_ATTEMPTS):
            made = await self._get(spec, take_log)
            if made is None:
                return None
            if made.template is None:
                return None if made.keeper.init.status is InitStatus.OK else made.keeper
            try:
                environment = await self._copy(spec, take_log, made.template, after)
            except ForkerGone:
                continue  # It had died without our noticing.
            await environment.initialise(started)
            return environment
        return None

    def drop(self, name: str) -> None:
        """Let go of a template, if it is there or in the making."""
        task = self._made.pop(name, None)
        if task is not None:
            _retire_when_made(task)

    async def close(self) -> None:
        """Let go of all, and wait for those in the making."""
        tasks = list(self._made.values())
        for name in list(self._made):
            self.drop(name)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _get(self, spec: EnvironmentSpec, take_log: LogTaker) -> Made | None:
        """Return what came of making a template, just now or long ago; None: there is no room."""
        name = spec.template
        task = self._made.pop(name, None)
        if task is None or (task.done() and not _is_usable(task)):
            if task is not None:
                _retire_when_made(task)
            self._make_room()
            task = asyncio.create_task(self._make_template(spec, take_log))
        self._made[name] = task
        try:
            return await asyncio.shield(task)
        except NoUsersLeft:
            return None

    async def _make_template(self, spec: EnvironmentSpec, take_log: LogTaker) -> Made:
        # An id of its own: this one's may be that of the first copy.
        id = f"{spec.environment_id}-template-{next(self._numbers)}"
        spec = msgspec.structs.replace(spec, environment_id=id)
        keeper, template = await self._make(spec, take_log)
        try:
            await keeper.initialise(time.monotonic_ns())
            if keeper.init.status is not InitStatus.OK:
                return Made(keeper, None)
            obstacle = await template.find_obstacle()
        except (ForkerGone, TimeoutError):
            obstacle = "it has ended"
        except SandboxUnavailable:
            template.retire()
            raise
        if not obstacle:
            return Made(keeper, template)
        log.info(
            "%s:%s cannot be copied, because %s; each environment runs its init phase",
            spec.function_name,
            spec.function_version,
            obstacle,
        )
        template.retire()
        return Made(keeper, None)

    def _make_room(self) -> None:
        """Drop the template that was used least recently, if there are as many as there may be."""
        living = [name for name, task in self._made.items() if not task.done() or _lives(task)]
        if len(living) >= limits.TEMPLATE_COUNT_MAX:
            self.drop(living[0])


def _lives(task: asyncio.Task[Made]) -> bool:
    return not task.cancelled() and task.exception() is None and task.result().template is not None


def _is_usable(task: asyncio.Task[Made]) -> bool:
    """Return whether there is a living template, or none is needed."""
    if task.cancelled() or task.exception() is not None:
        return False
    made = task.result()
    if made.template is None:
        return made.keeper.init.status is InitStatus.OK
    return made.template.is_alive


def _retire_when_made(task: asyncio.Task[Made]) -> None:
    if not task.done():
        task.add_done_callback(_retire_when_made)
    elif _lives(task):
        template = task.result().template
        if template is not None:
            template.retire()
