"""Functions that run from a folder of the user's, and notice when it has changed.

Environments do not see the folder itself but a copy of it as it was when they started: so one that
runs never has half of one version and half of another, and its user may read files that only their
owner may. A copy costs what has changed: all else is a hard link to the copy before.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox import files, limits
from headrace.sandbox.removal import remove_tree

#: Beginning of the names of copies, which a start of the server throws away.
PREFIX = files.COPY_PREFIX
#: Folders that are left out: they change without the code having changed.
_LEFT_OUT = frozenset({".git", "__pycache__"})


class Bounds(NamedTuple):
    """How much a folder may hold, and what of it does not count."""

    bytes_max: int
    entries_max: int
    left_out: frozenset[str]


class _Entry(msgspec.Struct, frozen=True, gc=False):
    """A file, folder or link as it was found."""

    mode: int
    inode: int
    size: int
    changed_ns: int


#: By path below the folder; a folder comes before what it holds.
_Listing = dict[str, _Entry]


def fingerprint(folder: str, bounds: Bounds | None = None) -> str:
    """Return a name for what a folder holds now: another one after any change.

    Costs a look at each file, and reads none.

    Args:
        bounds: None: those of a function's code.

    Raises:
        CodeUnusable: It is no folder, or holds too much.
    """
    return _name(folder, _list(folder, bounds or _code_bounds()))


def _code_bounds() -> Bounds:
    return Bounds(limits.UNPACKED_BYTES_MAX, limits.ARCHIVE_ENTRIES_MAX, _LEFT_OUT)


class HotFolders:
    """The copies below a folder: the newest of each source, and those that are still in use.

    `copy` runs in threads, one at a time for a name; all else on the event loop's.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        #: By source: the newest copy, and what it was made of.
        self._newest: dict[str, tuple[str, _Listing]] = {}
        self._sources: dict[str, str] = {}
        self._uses: dict[str, int] = {}

    def copy(self, source: str, name: str) -> str:
        """Return the folder that holds what `source` holds now.

        Args:
            name: What `fingerprint` said; who asked gets this copy though more has changed since.

        Raises:
            CodeUnusable: It is no folder, or holds too much.
        """
        target = os.path.join(self._folder, name)
        listing = _list(source, _code_bounds())
        before = self._newest.get(source)
        place = tempfile.mkdtemp(prefix=files.TEMPORARY, dir=self._folder)
        try:
            whole = os.path.join(place, "code")
            os.mkdir(whole, 0o755)
            try:
                _copy(source, listing, whole, before, self._folder)
            except OSError as error:
                raise CodeUnusable(f"{source} cannot be read: {error}.") from error
            with contextlib.suppress(OSError):  # Another was faster.
                os.rename(whole, target)
        finally:
            remove_tree(place)
        self._newest[source] = (name, listing)
        self._sources[name] = source
        return target

    def use(self, name: str) -> None:
        """Take note that an environment has a copy."""
        self._uses[name] = self._uses.get(name, 0) + 1

    def leave(self, name: str) -> list[str]:
        """Take note that an environment of a copy is gone; return the folders to be removed."""
        self._uses[name] -= 1
        if not self._uses[name]:
            del self._uses[name]
        return self._take_over()

    def keep(self, sources: frozenset[str]) -> list[str]:
        """Forget all other sources; return the folders to be removed."""
        for source in self._newest.keys() - sources:
            del self._newest[source]
        return self._take_over()

    def _take_over(self) -> list[str]:
        """Return the folders of copies that nobody needs, and forget them."""
        newest = {name for name, _ in self._newest.values()}
        over = [one for one in self._sources if one not in newest and one not in self._uses]
        for one in over:
            del self._sources[one]
        return [os.path.join(self._folder, one) for one in over]


def _name(folder: str, listing: _Listing) -> str:
    digest = hashlib.sha256(folder.encode(errors="surrogateescape"))
    for path in sorted(listing):
        one = listing[path]
        facts = f"\0{path}\0{one.mode} {one.inode} {one.size} {one.changed_ns}"
        digest.update(facts.encode(errors="surrogateescape"))
    return PREFIX + digest.hexdigest()


def _list(folder: str, bounds: Bounds) -> _Listing:
    listing: _Listing = {}
    size = 0
    try:
        for path, entry in _walk(folder, "", bounds.left_out):
            listing[path] = entry
            size += entry.size if stat.S_ISREG(entry.mode) else 0
            if len(listing) > bounds.entries_max:
                raise CodeUnusable(
                    f"{folder} holds more than {bounds.entries_max} files and folders."
                )
            if size > bounds.bytes_max:
                raise CodeUnusable(f"{folder} holds more than {bounds.bytes_max} bytes.")
    except OSError as error:
        raise CodeUnusable(f"{folder} cannot be read: {error}.") from error
    return listing


def _walk(folder: str, below: str, left_out: frozenset[str]) -> Iterator[tuple[str, _Entry]]:
    """Yield all that is below a folder; sockets and their like are left out.

    What goes away meanwhile was not there.
    """
    with os.scandir(folder) as entries:
        for found in entries:
            path = f"{below}{found.name}"
            try:
                status = found.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            kind = stat.S_IFMT(status.st_mode)
            if kind == stat.S_IFDIR and found.name not in left_out:
                if path.count("/") >= limits.FOLDERS_DEEP_MAX:
                    raise CodeUnusable(
                        f"{folder} has more than {limits.FOLDERS_DEEP_MAX} folders in each other."
                    )
                # Its size and times change with what it holds, which is looked at itself.
                yield path, _Entry(status.st_mode, 0, 0, 0)
                with contextlib.suppress(FileNotFoundError):
                    yield from _walk(found.path, f"{path}/", left_out)
            elif kind in (stat.S_IFREG, stat.S_IFLNK):
                yield (
                    path,
                    _Entry(status.st_mode, status.st_ino, status.st_size, status.st_ctime_ns),
                )


def _copy(
    source: str,
    listing: _Listing,
    place: str,
    before: tuple[str, _Listing] | None,
    copies: str,
) -> None:
    former = {} if before is None else before[1]
    for path, entry in listing.items():
        target = os.path.join(place, path)
        if stat.S_ISDIR(entry.mode):
            os.mkdir(target, 0o755)
            continue
        if before is not None and former.get(path) == entry:
            with contextlib.suppress(OSError):  # It may have been removed by now.
                os.link(os.path.join(copies, before[0], path), target, follow_symlinks=False)
                continue
        # What goes away meanwhile is not there in the copy either; the next look sees that.
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISLNK(entry.mode):
                os.symlink(os.readlink(os.path.join(source, path)), target)
            else:
                shutil.copyfile(os.path.join(source, path), target, follow_symlinks=False)
                os.chmod(target, stat.S_IMODE(entry.mode) & 0o777 | 0o444)
