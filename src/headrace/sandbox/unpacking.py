"""Have a function's code and layers unpacked, each once, whoever asks for it."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from typing import Any

from headrace.ports.sandbox import EnvironmentSpec
from headrace.sandbox import files, layers
from headrace.sandbox.hotfolders import HotFolders
from headrace.sandbox.images.unpacking import image_name, unpack_image


class Unpacking:
    """What is unpacked below a folder, and what is in the making."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.hot = HotFolders(folder)
        self._tasks: dict[str, asyncio.Task[str]] = {}
        self._removals: set[asyncio.Task[None]] = set()

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
        """Keep the copy of a folder from now on; return what lets go of it."""
        if not spec.code_folder:
            return _let_go_of_nothing
        self.hot.use(spec.code_digest)
        return lambda: self._leave(spec.code_digest)

    def _leave(self, name: str) -> None:
        for folder in self.hot.leave(name):
            # Out of the way first: nobody may find it half removed.
            place = tempfile.mkdtemp(prefix=files.TEMPORARY, dir=self._folder)
            with contextlib.suppress(FileNotFoundError):  # It was never made.
                os.rename(folder, f"{place}/code")
            removal = asyncio.get_running_loop().create_task(
                asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
            )
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


def _let_go_of_nothing() -> None:
    """Do nothing: archives and images stay."""
