"""Which code functions run on: what of it lies unpacked somewhere has to stay there."""

from collections.abc import Iterable

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions.function import Function, is_settled


class CodeInUse(msgspec.Struct, frozen=True):
    """The code and the layers of all versions of all functions."""

    archives: frozenset[str]  #: Digests of code and of layers.
    images: frozenset[str]  #: Digests.
    folders: frozenset[str]  #: Absolute paths.
    layers: frozenset[tuple[str, ...]]  #: Digests in the order in which they are merged.


def code_in_use(functions: Iterable[Function], now: Instant) -> CodeInUse:
    """Return what versions are made of, and what serves until an update has settled."""
    archives: set[str] = set()
    images: set[str] = set()
    folders: set[str] = set()
    layers: set[tuple[str, ...]] = set()
    for function in functions:
        for version in function.versions.values():
            pairs = [(version.settings, version.code)]
            if version.replaced is not None and not is_settled(version, now):
                pairs.append(version.replaced)
            for settings, code in pairs:
                if code.folder:
                    folders.add(code.folder)
                elif code.image is not None:
                    images.add(code.digest)
                else:
                    archives.add(code.digest)
                if settings.layers:
                    digests = tuple(one.digest for one in settings.layers)
                    archives.update(digests)
                    layers.add(digests)
    return CodeInUse(frozenset(archives), frozenset(images), frozenset(folders), frozenset(layers))
