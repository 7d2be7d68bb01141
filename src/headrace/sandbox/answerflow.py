"""A streamed answer on its way out of an environment: counted, and held while nobody takes it."""

from typing import Protocol

from headrace.ports.sandbox import AnswerStream
from headrace.sandbox import limits


class Valve(Protocol):
    """Where the pieces of an answer come from."""

    def hold(self) -> None:
        """Let no more come; a little may be on its way already."""
        ...

    def go_on(self) -> None:
        """Let more come; does nothing when nothing can."""
        ...


class AnswerFlow:
    """Brings the pieces of one answer to whoever takes them."""

    def __init__(self, stream: AnswerStream, valve: Valve) -> None:
        self._stream = stream
        self._valve = valve
        self._bytes = 0
        self._is_held = False

    @property
    def is_too_large(self) -> bool:
        """Whether there was more than an answer may have; what was beyond is lost."""
        return self._bytes > limits.STREAM_BYTES_MAX

    def begin(self, content_type: str) -> None:
        """Tell that an answer begins, of this type."""
        self._stream.begin(content_type)

    def add(self, piece: bytes) -> None:
        """Pass a piece on, and hold its source when that is enough for now."""
        self._bytes += len(piece)
        if self.is_too_large:
            return
        self._stream.write(piece)
        if self._stream.is_full and not self._is_held:
            self._is_held = True
            self._valve.hold()
            self._stream.when_room(self._release)

    def close(self) -> None:
        """Hold the source no longer: this answer is whole, and the next event must not wait."""
        self._release()

    def _release(self) -> None:
        if self._is_held:
            self._is_held = False
            self._valve.go_on()
