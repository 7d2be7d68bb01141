"""Remove what a function has left, or brought: folders in folders without end, of any mode.

`shutil.rmtree` calls itself for each level, so that a tree of a thousand levels ends it, and with
it whoever starts a server on such a folder. Here the tree is made flat while it is removed: what
lies in a folder of a folder is moved up first. No path is ever longer than two names.
"""

import contextlib
import os
from collections.abc import Iterator

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: str) -> None:
    """Remove a folder and all that is in it; follows no link, and leaves what cannot be removed."""
    with _opened(path) as top:
        if top is not None:
            waiting = _clear(top, top, ())
            for number, name in enumerate(waiting):
                with _opened(name, top) as inner:
                    if inner is not None:
                        fresh = (f".up-{number}-{count}" for count in range(1 << 62))
                        waiting += _clear(inner, top, fresh)
                with contextlib.suppress(OSError):
                    os.rmdir(name, dir_fd=top)
    with contextlib.suppress(OSError):
        os.rmdir(path)


def _clear(folder: int, top: int, names: "Iterator[str] | tuple[()]") -> list[str]:
    """Remove the files of a folder; return where its folders are now, below the topmost.

    Args:
        names: What they are to be called there; empty: the folder is the topmost itself.
    """
    fresh, folders = iter(names), []
    with os.scandir(folder) as entries:
        found = [(one.name, one.is_dir(follow_symlinks=False)) for one in entries]
    for name, is_folder in found:
        with contextlib.suppress(OSError):
            if not is_folder:
                os.unlink(name, dir_fd=folder)
            elif folder == top:
                folders.append(name)
            else:
                _open_up(name, folder)  # It has to be writable to be moved.
                target = next(one for one in fresh if not _is_there(one, top))
                os.rename(name, target, src_dir_fd=folder, dst_dir_fd=top)
                folders.append(target)
    return folders


def _is_there(name: str, parent: int) -> bool:
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def _opened(name: str, parent: int | None = None) -> Iterator[int | None]:
    """Open a folder that is ours to empty; None: it is not there, or no folder."""
    try:
        _open_up(name, parent)
        descriptor = os.open(name, _FOLDER, dir_fd=parent)
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_up(name: str, parent: int | None) -> None:
    """Give a folder back to its owner, whatever modes it had; a link's target is let be."""
    descriptor = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        os.chmod(f"/proc/self/fd/{descriptor}", 0o700)
    finally:
        os.close(descriptor)
