"""Have a function's code and layers unpacked, each once, and removed when no function has them."""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from headrace.core.functions.codeuse import CodeInUse
from headrace.ports.sandbox import EnvironmentSpec
from headrace.sandbox import files, layers
from headrace.sandbox.hotfolders import HotFolders
from headrace.sandbox.images.unpacking import image_name, unpack_image
from headrace.sandbox.removal import remove_tree


class Unpacking:
    """What is unpacked below a folder, and what is in the making."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.hot = HotFolders(folder)
        self._tasks: dict[str, asyncio.Task[str]] = {}
        self._removals: set[asyncio.Task[None]] = set()
        #: How many environments need what, by name.
        self._uses: Counter[str] = Counter()
        #: What no function needs any more, and some environment does.
        self._unwanted: set[str] = set()

    async def unpack(self, spec: EnvironmentSpec) -> None:
        """Have a function's code and its layers ready.

        Raises:
            CodeUnusable: An archive cannot be unpacked.
        """
        image = spec.image
        if image is not None:
            found = (image.uri, image.digest, image.architecture, self._folder)
            await self._once(image_name(image.digest), unpack_image, *found)
        elif spec.code_folder:
            await self._once(spec.code_digest, self.hot.copy, spec.code_folder, spec.code_digest)
        else:
            code = (spec.code_archive, spec.code_digest, self._folder)
            await self._once(spec.code_digest, files.unpack_code, *code)
        for layer in spec.layers:
            await self._once(
                layer.digest, files.unpack_code, layer.archive, layer.digest, self._folder
            )
        if spec.layers:
            digests = [layer.digest for layer in spec.layers]
            merged = layers.merged_name(digests)
            await self._once(merged, layers.merge_layers, digests, self._folder)

    def hold(self, spec: EnvironmentSpec) -> Callable[[], None]:
        """Keep what an environment runs on from now on; return what lets go of it, once."""
        names = _names_of(spec)
        self._uses.update(names)
        if spec.code_folder:
            self.hot.use(spec.code_digest)
        return lambda: self._leave(spec, names)

    def keep(self, code: CodeInUse) -> None:
        """Remove all that lies there, but for this, what is held and what is in the making.

        What is held goes when the last has let go of it. What is asked for again is made again.
        """
        for folder in self.hot.keep(code.folders):
            self.remove(folder)
        wanted = {*code.archives, *map(image_name, code.images)}
        wanted.update(map(layers.merged_name, code.layers))
        self._unwanted.clear()
        for entry in os.scandir(self._folder):
            if entry.name in wanted or entry.name.startswith((files.TEMPORARY, files.COPY_PREFIX)):
                continue
            if self._uses[entry.name] or entry.name in self._tasks:
                self._unwanted.add(entry.name)
            else:
                self.remove(entry.path)

    def _leave(self, spec: EnvironmentSpec, names: Sequence[str]) -> None:
        if spec.code_folder:
            for folder in self.hot.leave(spec.code_digest):
                self.remove(folder)
        self._uses.subtract(names)
        for name in names:
            if not self._uses[name]:
                del self._uses[name]
                if name in self._unwanted:
                    self._unwanted.discard(name)
                    self.remove(os.path.join(self._folder, name))

    def remove(self, folder: str) -> None:
        """Remove a folder, in a thread: it may hold very much."""
        # Out of the way first: nobody may find it half removed.
        place = tempfile.mkdtemp(prefix=files.TEMPORARY, dir=self._folder)
        doomed = place
        try:
            os.rename(folder, f"{place}/code")
        except FileNotFoundError:
            pass  # It was never made.
        except OSError:
            os.rmdir(place)
            doomed = folder  # A function has locked what was its own; nobody else looks for that.
        removal = asyncio.get_running_loop().create_task(asyncio.to_thread(remove_tree, doomed))
        self._removals.add(removal)
        removal.add_done_callback(self._removals.discard)

    async def close(self) -> None:
        """Wait for what is in the making, or being removed."""
        await asyncio.gather(*self._tasks.values(), *self._removals, return_exceptions=True)

    async def _once(self, name: str, work: Callable[..., str], *arguments: Any) -> None:
        """Let a thread make a folder of this name, unless it is there or in the making."""
        task = self._tasks.get(name)
        if task is None:
            if files.is_unpacked(name, self._folder):
                return
            task = asyncio.create_task(asyncio.to_thread(work, *arguments))
            self._tasks[name] = task
            task.add_done_callback(lambda _: self._tasks.pop(name, None))
        await asyncio.shield(task)


def _names_of(spec: EnvironmentSpec) -> tuple[str, ...]:
    """Return the names of all that an environment needs, but for the copy of a folder."""
    names = [layer.digest for layer in spec.layers]
    if names:
        names.append(layers.merged_name(names))
    if spec.image is not None:
        names.append(image_name(spec.image.digest))
    elif not spec.code_folder:
        names.append(spec.code_digest)
    return tuple(dict.fromkeys(names))
