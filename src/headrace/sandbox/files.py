"""Unpack a code archive once per digest into the sandbox's folder; refuse what is unsafe.

Runs in a thread, off the event loop. Nothing half-unpacked is ever used: an archive is unpacked
under a temporary name and renamed when it is whole, and what was unpacked before the machine
started anew is thrown away, because the disk may not have got all of it. (Flushing every file
instead would take 10 s for a package of 2,000 files.)
"""

import contextlib
import os
import stat
import tempfile
import zipfile
import zlib
from typing import IO

from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox import limits
from headrace.sandbox.removal import remove_tree

#: Beginning of the names of what is not whole yet.
TEMPORARY = ".unpacking-"
#: Beginning of the names of copies of folders (`hotfolders.py`), which no start keeps.
COPY_PREFIX = "hot-"
#: Differs from one start of the machine to the next.
_BOOT_ID = "/proc/sys/kernel/random/boot_id"


def unpack_code(archive: str, digest: str, folder: str) -> str:
    """Return the folder that holds an archive's files, unpacking it if that was not done yet.

    Permissions are kept, and made readable for everyone: environments have users of their own.

    Args:
        archive: Path of the zip.
        digest: Its SHA-256 in hex; names the folder.
        folder: Where all unpacked code lies.

    Raises:
        CodeUnusable: Not a zip, too large, or an entry leads out of its folder.
    """
    target = os.path.join(folder, digest)
    if is_unpacked(digest, folder):
        return target
    place = tempfile.mkdtemp(prefix=TEMPORARY, dir=folder)
    whole = os.path.join(place, "code")
    try:
        os.mkdir(whole, 0o755)
        _unpack(archive, whole)
        try:
            os.rename(whole, target)
        except OSError:
            if not os.path.isdir(target):  # Else another server on this folder was faster.
                raise
    finally:
        remove_tree(place)
    return target


def is_unpacked(digest: str, folder: str) -> bool:
    """Return whether an archive's files lie ready."""
    return os.path.isdir(os.path.join(folder, digest))


def open_folder(parent: str) -> str:
    """Return the folder for code that is unpacked since this machine started; remove all else."""
    with open(_BOOT_ID) as file:
        boot = file.read().strip()
    folder = os.path.join(parent, boot)
    os.makedirs(folder, mode=0o755, exist_ok=True)
    for entry in [*os.scandir(parent), *os.scandir(folder)]:
        if (entry.path != folder and os.path.dirname(entry.path) == parent) or (
            entry.name.startswith((TEMPORARY, COPY_PREFIX))
        ):
            remove_tree(entry.path)
    return folder


def _unpack(archive: str, place: str) -> None:
    links: list[tuple[str, str, str]] = []
    left = limits.UNPACKED_BYTES_MAX
    try:
        with zipfile.ZipFile(archive) as source:
            entries = source.infolist()
            _check_claims(entries)
            for entry in entries:
                path = _safe_path(place, entry.filename)
                mode = entry.external_attr >> 16
                if entry.is_dir():
                    _make_folder(path, entry.filename)
                elif stat.S_ISLNK(mode):
                    links.append((path, entry.filename, source.read(entry).decode()))
                elif stat.S_IFMT(mode) in (0, stat.S_IFREG):
                    _make_folder(os.path.dirname(path), entry.filename)
                    with source.open(entry) as data:
                        left -= _write_file(data, path, mode, left)
                else:
                    raise CodeUnusable(
                        f"The archive has an entry that is no file: {entry.filename}"
                    )
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise CodeUnusable(f"The archive is not a usable zip: {error}") from error
    except UnicodeError as error:
        raise CodeUnusable("The archive has a name that is no text.") from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise CodeUnusable("The archive has two entries for one path.") from error
    # Links come last, so that no entry can be written through one.
    for path, name, pointed in links:
        _make_link(place, path, name, pointed)


def _check_claims(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > limits.ARCHIVE_ENTRIES_MAX:
        raise CodeUnusable(f"The archive has more than {limits.ARCHIVE_ENTRIES_MAX} entries.")
    if sum(entry.file_size for entry in entries) > limits.UNPACKED_BYTES_MAX:
        raise CodeUnusable(f"Unzipped size must be smaller than {limits.UNPACKED_BYTES_MAX} bytes.")


def _safe_path(place: str, name: str) -> str:
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or "\0" in name:
        raise CodeUnusable(f"The archive has an entry that leads out of its folder: {name}")
    wanted = [part for part in parts if part not in ("", ".")]
    if len(wanted) > limits.FOLDERS_DEEP_MAX:
        raise _too_deep()
    return os.path.join(place, *wanted)


def _too_deep() -> CodeUnusable:
    return CodeUnusable(
        f"The archive has more than {limits.FOLDERS_DEEP_MAX} folders in each other."
    )


def _make_folder(path: str, name: str) -> None:
    try:
        os.makedirs(path, mode=0o755, exist_ok=True)
    except OSError as error:
        if isinstance(error, FileExistsError | NotADirectoryError):
            raise
        raise CodeUnusable(f"The archive has an entry with an impossible name: {name}") from error


def _write_file(data: IO[bytes], path: str, mode: int, left: int) -> int:
    """Write one file and return its size; the size that the archive claims is not trusted."""
    size = 0
    # A mode of 0 comes from tools that know no permissions.
    permissions = (stat.S_IMODE(mode) & 0o777 | 0o444) if stat.S_IMODE(mode) else 0o644
    with open(path, "xb") as file:
        while chunk := data.read(limits.UNPACK_CHUNK_BYTES):
            size += len(chunk)
            if size > left:
                raise CodeUnusable(
                    f"Unzipped size must be smaller than {limits.UNPACKED_BYTES_MAX} bytes."
                )
            file.write(chunk)
        os.fchmod(file.fileno(), permissions)
    return size


def _make_link(place: str, path: str, name: str, pointed: str) -> None:
    inside = os.path.realpath(place)
    target = os.path.realpath(os.path.join(os.path.dirname(path), pointed))
    if os.path.isabs(pointed) or os.path.commonpath([inside, target]) != inside:
        raise CodeUnusable(f"The archive has a link that leads out of its folder: {name}")
    _make_folder(os.path.dirname(path), name)
    parent = os.path.realpath(os.path.dirname(path))  # Perhaps behind another link.
    if os.path.commonpath([inside, parent]) != inside:
        raise CodeUnusable(f"The archive has a link that leads out of its folder: {name}")
    if parent.count("/") - inside.count("/") > limits.FOLDERS_DEEP_MAX:
        raise _too_deep()
    with contextlib.suppress(FileExistsError):
        os.symlink(pointed, path)
