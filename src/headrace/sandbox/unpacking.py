"""Have a function's code and layers unpacked, each once, whoever asks for it."""

import asyncio
from collections.abc import Callable
from typing import Any

from headrace.ports.sandbox import EnvironmentSpec
from headrace.sandbox import files, layers


class Unpacking:
    """What is unpacked below a folder, and what is in the making."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._tasks: dict[str, asyncio.Task[str]] = {}

    async def unpack(self, spec: EnvironmentSpec) -> None:
        """Have a function's code and its layers ready.

        Raises:
            CodeUnusable: An archive cannot be unpacked.
        """
        await self._once(
            spec.code_digest, files.unpack_code, spec.code_archive, spec.code_digest, self._folder
        )
        for layer in spec.layers:
            await self._once(
                layer.digest, files.unpack_code, layer.archive, layer.digest, self._folder
            )
        if spec.layers:
            digests = [layer.digest for layer in spec.layers]
            merged = layers.merged_name(digests)
            await self._once(merged, layers.merge_layers, digests, self._folder)

    async def close(self) -> None:
        """Wait for what is in the making."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

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
