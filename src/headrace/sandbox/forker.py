"""The server's side of a process that forks environments: order them, hear of their ends."""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from headrace.ports.sandbox import SandboxUnavailable
from headrace.sandbox import limits

#: Called with the wait status of an environment's runtime; None when it is not known.
EndListener = Callable[[int | None], None]

_MESSAGE_BYTES_MAX = 262_144


class ForkerGone(Exception):
    """The process that forks has died; a new one can be started."""


class Forker:
    """The socket to a process that forks: a zygote (`child/zygote.py`) or a template."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        control: socket.socket,
        *,
        on_silence: Callable[[], None],
    ) -> None:
        """Listen at once.

        Args:
            on_silence: Called when it does not answer an order in time.
        """
        control.setblocking(False)
        self._loop = loop
        self._control = control
        self._on_silence = on_silence
        self._unsent: list[tuple[bytes, list[int]]] = []
        self._started: dict[str, asyncio.Future[int]] = {}
        self._listeners: dict[str, EndListener] = {}
        #: Completed with why it cannot fork anything, which is empty if it can.
        self.ready: asyncio.Future[str] = loop.create_future()
        self.is_alive = True
        loop.add_reader(control, self._on_readable)

    async def start(
        self, order: dict[str, Any], descriptors: Sequence[int], on_end: EndListener | None
    ) -> int:
        """Fork an environment and return its pidfd; `descriptors` are closed here.

        Args:
            on_end: Hears of its end; None when another way is found to tell.

        Raises:
            SandboxUnavailable: The kernel refuses to fork.
            ForkerGone: The process that forks has died.
        """
        name = order["start"]
        if not self.is_alive:
            for descriptor in descriptors:
                os.close(descriptor)
            raise ForkerGone
        started: asyncio.Future[int] = self._loop.create_future()
        self._started[name] = started
        if on_end is not None:
            self._listeners[name] = on_end
        self._unsent.append((msgspec.json.encode(order), list(descriptors)))
        self._send_more()
        try:
            async with asyncio.timeout(limits.FORK_S):
                return await started
        except TimeoutError as error:
            self._on_silence()
            raise SandboxUnavailable("The process that forks does not answer.") from error
        finally:
            self._started.pop(name, None)

    def _send_more(self) -> None:
        while self._unsent:
            text, descriptors = self._unsent[0]
            try:
                socket.send_fds(self._control, [text], descriptors)
            except BlockingIOError:
                self._loop.add_writer(self._control, self._send_more)
                return
            except OSError:
                self.end()
                return
            del self._unsent[0]
            for descriptor in descriptors:
                os.close(descriptor)
        self._loop.remove_writer(self._control)

    def _on_readable(self) -> None:
        try:
            text, descriptors, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES_MAX, 4)
        except BlockingIOError:
            return
        except OSError:
            text, descriptors = b"", []
        try:
            if text:
                self._note(msgspec.json.decode(text, type=dict[str, Any]), descriptors)
                return
        except (msgspec.DecodeError, LookupError, ValueError, TypeError, RecursionError):
            pass  # A function has spoken in the place of its template.
        for descriptor in descriptors:
            os.close(descriptor)
        self.end()

    def _note(self, message: dict[str, Any], descriptors: Sequence[int]) -> None:
        if "started" in message:
            self._note_start(message["started"], descriptors)
            return
        if "ready" in message:
            self._settle("")
        elif "unfit" in message:
            self._settle(str(message["unfit"]))
        elif "refused" in message:
            self._listeners.pop(message["refused"], None)
            started = self._started.get(message["refused"])
            if started is not None and not started.done():
                started.set_exception(SandboxUnavailable(f"No process: {message['reason']}."))
        elif "ended" in message:
            listener = self._listeners.pop(message["ended"], None)
            if listener is not None:
                listener(message["status"])
        for descriptor in descriptors:
            os.close(descriptor)

    def _settle(self, obstacle: str) -> None:
        if not self.ready.done():
            self.ready.set_result(obstacle)

    def _note_start(self, name: str, descriptors: Sequence[int]) -> None:
        started = self._started.get(name)
        if started is None or started.done() or not descriptors:
            for descriptor in descriptors:
                os.close(descriptor)
        else:
            started.set_result(descriptors[0])
            for descriptor in descriptors[1:]:
                os.close(descriptor)

    def end(self) -> None:
        """Take note that nothing will come any more."""
        if not self.is_alive:
            return
        self.is_alive = False
        self._on_silence = _nothing  # It may be a method of who holds this.
        self._loop.remove_reader(self._control)
        self._loop.remove_writer(self._control)
        self._control.close()
        for _, descriptors in self._unsent:
            for descriptor in descriptors:
                os.close(descriptor)
        self._unsent.clear()
        waiting: list[asyncio.Future[Any]] = [self.ready, *self._started.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(ForkerGone())
                future.exception()  # Nobody may be waiting for it any more.
        listeners, self._listeners = self._listeners, {}
        for listener in listeners.values():
            listener(None)


def _nothing() -> None:
    """Be done: what has ended is expected to say nothing."""
