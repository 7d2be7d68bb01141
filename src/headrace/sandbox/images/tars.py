"""Read tars that may be hostile: what tarfile keeps of an entry in memory has a limit.

A long name, a property and a map of holes are as large as the tar says, and a few megabytes of
gzip hold gigabytes of them; tarfile also keeps every entry that it has read.
"""

import tarfile
from typing import IO, Any

from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox import limits


class _Meter:
    """What a tar is read from; counts while the head of an entry is read."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.head_bytes_left: int | None = None  #: None: what is read is no head.

    def read(self, size: int) -> bytes:
        if self.head_bytes_left is not None:
            self.head_bytes_left -= size
            if self.head_bytes_left < 0:
                raise CodeUnusable(
                    f"The image has an entry of more than {limits.ENTRY_HEAD_BYTES_MAX} bytes "
                    "before its content."
                )
        return self._source.read(size)  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


class BoundedTar(tarfile.TarFile):
    """A tar of which no more than one head is in memory beyond what it is asked to keep.

    Raises `CodeUnusable` where an entry has a head without end, or a size that is none.
    """

    def __init__(self, name: Any, mode: Any, fileobj: Any, **settings: Any) -> None:
        """Begin; called by `tarfile` itself, which reads the first entry in it."""
        self._meter = _Meter(fileobj)
        super().__init__(name, mode, self._meter, **settings)

    def next(self) -> tarfile.TarInfo | None:
        """Return the next entry."""
        self._meter.head_bytes_left = limits.ENTRY_HEAD_BYTES_MAX
        try:
            entry = super().next()
        except RecursionError as error:
            raise CodeUnusable("The image has an entry of heads in heads.") from error
        finally:
            self._meter.head_bytes_left = None
        if entry is not None and entry.size < 0:
            # It would give back to who counts what is unpacked.
            raise CodeUnusable(f"The image has an entry of {entry.size} bytes: {entry.name}")
        return entry

    def forget(self) -> None:
        """Keep nothing of the entries that were read, nor of what is said of all that follow."""
        self.members: list[tarfile.TarInfo] = []
        self.pax_headers = {}


def open_layer(layer: IO[bytes]) -> BoundedTar:
    """Open a layer, compressed or not, to be read once from its beginning.

    Raises:
        tarfile.TarError: It is no tar.
        CodeUnusable: It begins with a head without end.
    """
    return BoundedTar.open(fileobj=layer, mode="r|*")
