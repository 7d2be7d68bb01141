"""Unpack an image's layers as one root file system, never outside of its folder.

An image's links may point anywhere, as in a root they mean: a path is followed link by link, and
each link from the image's own root. Runs in a thread; nothing half-unpacked is ever used.
"""

import contextlib
import os
import shutil
import stat
import tarfile
import tempfile
from typing import IO

from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox import files, limits
from headrace.sandbox.images.reference import Form, ImageReference, parse_image
from headrace.sandbox.images.sources import open_image, root_digest
from headrace.sandbox.images.tars import open_layer
from headrace.sandbox.removal import remove_tree

_DELETED = ".wh."
_OPAQUE = ".wh..wh..opq"
#: What an environment mounts something on, which therefore has to be there.
_FOLDERS = ("dev", "proc", "tmp", "etc", "opt")
_FILES = ("etc/hosts", "etc/resolv.conf")


def image_name(digest: str) -> str:
    """Return the name of the folder of an image."""
    return f"image-{digest}"


def unpack_image(uri: str, digest: str, architecture: str, folder: str) -> str:
    """Return the folder that is an image's root, unpacking it if that was not done yet.

    Args:
        digest: Of the image as it was found when the function's code was set.

    Raises:
        CodeUnusable: The image is not there any more, is another one, or cannot be unpacked.
    """
    target = os.path.join(folder, image_name(digest))
    if os.path.isdir(target):
        return target
    place = tempfile.mkdtemp(prefix=files.TEMPORARY, dir=folder)
    whole = os.path.join(place, "root")
    try:
        os.mkdir(whole, 0o755)
        _fill(parse_image(uri), digest, architecture, whole)
        _make_mount_points(whole)
        try:
            os.rename(whole, target)
        except OSError:
            if not os.path.isdir(target):  # Else another server on this folder was faster.
                raise
    except OSError as error:
        raise CodeUnusable(f"The image {uri} cannot be unpacked: {error}.") from error
    finally:
        remove_tree(place)
    return target


def _fill(reference: ImageReference, digest: str, architecture: str, root: str) -> None:
    if reference.form is not Form.ROOT:
        with open_image(reference, digest, architecture) as layers:
            tree = Tree(root)
            for layer in layers.open():
                tree.lay(layer)
        return
    if root_digest(reference.path) != digest:
        raise CodeUnusable(
            f"{reference.path} has changed since the function's code was set. Update its code."
        )
    shutil.copytree(
        reference.path,
        root,
        symlinks=True,
        ignore=_special_files,
        copy_function=_copy_file,
        dirs_exist_ok=True,
    )


class Tree:
    """A root file system on which layers are laid."""

    def __init__(self, root: str) -> None:
        """Begin with the empty folder `root`."""
        self._root = root
        self._bytes_left = limits.IMAGE_BYTES_MAX
        self._entries_left = limits.IMAGE_ENTRIES_MAX
        #: What the layer in hand has brought, so that its own deletions leave it alone.
        self._fresh: set[str] = set()

    def lay(self, layer: IO[bytes]) -> None:
        """Put one layer, a tar, over what is there.

        Raises:
            CodeUnusable: It is no tar, holds too much, or an entry cannot be placed.
        """
        self._fresh = set()
        try:
            with open_layer(layer) as archive:
                while (entry := archive.next()) is not None:
                    self._entries_left -= 1
                    if self._entries_left < 0:
                        raise CodeUnusable(
                            f"The image has more than {limits.IMAGE_ENTRIES_MAX} entries."
                        )
                    self._place(archive, entry)
                    archive.forget()
        except (tarfile.TarError, EOFError) as error:
            raise CodeUnusable(f"A layer of the image is not a usable tar: {error}.") from error
        except UnicodeError as error:
            raise CodeUnusable("A layer of the image has a name that is no text.") from error

    def _place(self, archive: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
        parts = [part for part in entry.name.split("/") if part not in ("", ".")]
        if ".." in parts or "\0" in entry.name:
            raise CodeUnusable(f"The image has an entry that leads out of its root: {entry.name}")
        if not parts:
            return
        parent = self._folder(parts[:-1])
        path = os.path.join(parent, parts[-1])
        if parts[-1] == _OPAQUE:
            self._empty(parent)
        elif parts[-1].startswith(_DELETED):
            name = parts[-1].removeprefix(_DELETED)
            if name in ("", ".", ".."):
                raise CodeUnusable(f"The image has an entry that deletes nothing: {entry.name}")
            _remove(os.path.join(parent, name))
        elif entry.isdir():
            self._make_folder(path, entry.mode)
        elif entry.issym():
            _remove(path)
            os.symlink(entry.linkname, path)
            self._bring(path)
        elif entry.islnk():
            self._link(entry, path)
        elif entry.isreg():
            self._write(archive, entry, path)
        # Devices and their like do not exist for a function.

    def _folder(self, parts: list[str]) -> str:
        """Return the folder that a path means inside this root, following links; make it."""
        path, waiting, followed = self._root, list(reversed(parts)), 0
        while waiting:
            part = waiting.pop()
            if part in ("", "."):
                continue
            if part == "..":
                path = self._root if path == self._root else os.path.dirname(path)
                continue
            step = os.path.join(path, part)
            if os.path.islink(step):
                followed += 1
                if followed > limits.LINKS_FOLLOWED_MAX:
                    raise CodeUnusable("The image has links that lead in circles.")
                pointed = os.readlink(step)
                path = self._root if pointed.startswith("/") else path
                waiting += reversed(pointed.split("/"))
                continue
            if not os.path.isdir(step):
                if step.count("/") - self._root.count("/") > limits.FOLDERS_DEEP_MAX:
                    raise CodeUnusable(
                        f"The image has more than {limits.FOLDERS_DEEP_MAX} folders in each other."
                    )
                _remove(step)
                os.mkdir(step, 0o755)
                self._bring(step)
            path = step
        return path

    def _make_folder(self, path: str, mode: int) -> None:
        if os.path.islink(path) or not os.path.isdir(path):
            _remove(path)
            os.mkdir(path, 0o755)
        os.chmod(path, mode & 0o777 | 0o700)  # Ours to fill, and to remove.
        self._bring(path)

    def _link(self, entry: tarfile.TarInfo, path: str) -> None:
        parts = [part for part in entry.linkname.split("/") if part not in ("", ".")]
        if not parts or ".." in parts:
            raise CodeUnusable(f"The image has an entry that leads out of its root: {entry.name}")
        source = os.path.join(self._folder(parts[:-1]), parts[-1])
        if not os.path.lexists(source) or (os.path.isdir(source) and not os.path.islink(source)):
            raise CodeUnusable(f"The image has a hard link to nothing: {entry.name}")
        if source == path:
            return
        _remove(path)
        os.link(source, path, follow_symlinks=False)
        self._bring(path)

    def _write(self, archive: tarfile.TarFile, entry: tarfile.TarInfo, path: str) -> None:
        self._bytes_left -= entry.size
        if self._bytes_left < 0:
            raise CodeUnusable(f"The image has more than {limits.IMAGE_BYTES_MAX} bytes.")
        data = archive.extractfile(entry)
        assert data is not None
        _remove(path)
        with open(path, "xb") as file:
            shutil.copyfileobj(data, file, limits.UNPACK_CHUNK_BYTES)
            os.fchmod(file.fileno(), entry.mode & 0o777 | 0o600)
        self._bring(path)

    def _bring(self, path: str) -> None:
        """Take note that the layer in hand has brought this, and what it lies in."""
        while path != self._root and path not in self._fresh:
            self._fresh.add(path)
            path = os.path.dirname(path)

    def _empty(self, folder: str) -> None:
        """Remove what lower layers have put into a folder."""
        for entry in list(os.scandir(folder)):
            if entry.path in self._fresh:
                if entry.is_dir(follow_symlinks=False):
                    self._empty(entry.path)
            else:
                _remove(entry.path)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        remove_tree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _make_mount_points(root: str) -> None:
    for name in _FOLDERS:
        path = os.path.join(root, name)
        if os.path.islink(path) or not os.path.isdir(path):
            _remove(path)
            os.mkdir(path, 0o755)
    for name in _FILES:
        path = os.path.join(root, name)
        if os.path.islink(path) or not os.path.isfile(path):
            _remove(path)
            with open(path, "xb"):
                pass


def _special_files(folder: str, names: list[str]) -> list[str]:
    kinds = {name: os.lstat(os.path.join(folder, name)).st_mode for name in names}
    known = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    return [name for name, mode in kinds.items() if not any(is_one(mode) for is_one in known)]


def _copy_file(source: str, target: str, *, follow_symlinks: bool = True) -> str:
    shutil.copyfile(source, target, follow_symlinks=follow_symlinks)
    if not os.path.islink(target):
        os.chmod(target, os.stat(source).st_mode & 0o777 | 0o600)
    return target
