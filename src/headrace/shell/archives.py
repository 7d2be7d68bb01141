"""Take code archives in before a function is made of them, and give them out again.

Reading, hashing and storing happen off the loop, in a thread; the archive is durable among the
blobs before the command that names it is submitted.
"""

import asyncio
import io
import os
import zipfile
from collections.abc import Callable
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.functions import create_function, update_function_code
from headrace.api.functions.layers import publish_layer_version
from headrace.core.functions import codelinks
from headrace.core.functions.commands import PublishLayerVersion
from headrace.core.functions.errors import (
    InvalidParameterValue,
    RequestEntityTooLarge,
    ServiceException,
)
from headrace.core.functions.limits import UNZIPPED_BYTES_MAX, ZIPPED_BYTES_MAX
from headrace.core.functions.settings import Code
from headrace.ports.blobs import Blobs
from headrace.ports.clock import Clock
from headrace.ports.journal import JournalError
from headrace.shell.rooms import Rooms
from headrace.shell.service import Service
from headrace.wire.envelope import HttpRequest, HttpResponse

NOT_A_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."

_ENCRYPTED = 0x1


class Archives:
    """What the service asks about code: preparing it, and serving it."""

    def __init__(
        self, rooms: Rooms, blobs: Blobs, clock: Clock, *, takes_folders: bool = True
    ) -> None:
        """Keep archives in `blobs`.

        Args:
            takes_folders: Whether functions may run from folders of this machine.
        """
        self._takes_folders = takes_folders
        self._rooms = rooms
        self._blobs = blobs
        self._clock = clock

    def join(self, service: Service) -> None:
        """Take part in a service: what comes before two operations, and a page."""
        service.prepare["CreateFunction"] = self.prepare_creation
        service.prepare["UpdateFunctionCode"] = self.prepare_update
        service.prepare["PublishLayerVersion"] = self.prepare_layer
        service.pages[codelinks.PREFIX] = self.serve

    async def prepare_creation(
        self, parameters: dict[str, Any], context: Context
    ) -> dict[str, Any]:
        """Store a new function's archive; return the parameters with a `Code` as ZipFile.

        Raises:
            ServiceError: The function cannot be created, or the archive cannot be used.
        """
        content = parameters["Code"].get("ZipFile")
        code = await self._take_in(content, create_function, parameters, context)
        return {**parameters, "Code": {**parameters["Code"], "ZipFile": code}}

    async def prepare_update(self, parameters: dict[str, Any], context: Context) -> dict[str, Any]:
        """Store a function's new archive; return the parameters with a `Code` as ZipFile.

        Raises:
            ServiceError: The function cannot be updated, or the archive cannot be used.
        """
        content = parameters.get("ZipFile")
        code = await self._take_in(content, update_function_code, parameters, context)
        return {**parameters, "ZipFile": code}

    async def prepare_layer(self, parameters: dict[str, Any], context: Context) -> dict[str, Any]:
        """Store the archive of a layer version; return the parameters with a `Code` as ZipFile.

        Raises:
            ServiceError: The version cannot be published, or the archive cannot be used.
        """
        content = parameters["Content"].get("ZipFile")
        code = await self._take_in(content, publish_layer_version, parameters, context)
        return {**parameters, "Content": {**parameters["Content"], "ZipFile": code}}

    async def serve(self, request: HttpRequest) -> HttpResponse:
        """Answer a code link: the archive, byte for byte, or why not."""
        if request.method not in {"GET", "HEAD"}:
            return _page(405, "Only GET and HEAD.")
        functions = self._rooms.functions
        digest = functions.code_digest(request.path, request.query, self._clock.now())
        if digest is None:
            return _page(403, "The link is not valid, or not any more.")
        try:
            content = await self._blobs.get(digest)
        except KeyError:
            return _page(404, "The archive is gone: the function has another one now.")
        except JournalError:
            return _page(503, "The archive cannot be read now.")
        return HttpResponse(200, [("Content-Type", "application/zip")], content)

    async def _take_in(
        self,
        content: bytes | None,
        read: Callable[..., Any],
        parameters: dict[str, Any],
        context: Context,
    ) -> Code | None:
        """Store an archive if the rest of its request would be accepted."""
        if content is not None and len(content) > ZIPPED_BYTES_MAX:
            raise RequestEntityTooLarge(
                f"Zipped size must be smaller than {ZIPPED_BYTES_MAX} bytes"
            )
        command = read(parameters, context, self._rooms)
        self._rooms.functions.check(command)
        if not isinstance(command, PublishLayerVersion) and command.code.folder:
            await self._check_folder(command.code.folder)
            return None
        assert content is not None  # `read` has refused a request without an archive
        unzipped_bytes = await asyncio.to_thread(check_archive, content)
        try:
            digest = await self._blobs.put(content)
        except OSError as error:
            raise ServiceException(f"The code could not be stored: {error.strerror}.") from error
        except JournalError as error:
            raise ServiceException("The code could not be stored.") from error
        return Code(digest, len(content), unzipped_bytes)

    async def _check_folder(self, folder: str) -> None:
        """Refuse a folder that no function can run from.

        Raises:
            InvalidParameterValue: It is none, or this server takes none.
        """
        if not self._takes_folders:
            raise InvalidParameterValue(
                "This server does not run functions from folders: it is not local, or hot_reload "
                "is off."
            )
        if not await asyncio.to_thread(os.path.isdir, folder):
            raise InvalidParameterValue(
                f"{folder} is not a folder on the server's machine, or cannot be read."
            )


def check_archive(content: bytes) -> int:
    """Return the size of an archive's files; refuse one that could not be unpacked.

    Only its table of contents is looked at; the sandbox checks again what it really unpacks.

    Raises:
        InvalidParameterValue: It is no zip, is empty, too big, encrypted, or leaves its folder.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError):
        raise InvalidParameterValue(NOT_A_ZIP) from None
    if not entries:
        raise InvalidParameterValue("Uploaded file must be a non-empty zip")
    if any(entry.flag_bits & _ENCRYPTED or _leaves(entry.filename) for entry in entries):
        raise InvalidParameterValue(NOT_A_ZIP)
    unzipped_bytes = sum(entry.file_size for entry in entries)
    if unzipped_bytes > UNZIPPED_BYTES_MAX:
        raise InvalidParameterValue(
            f"Unzipped size must be smaller than {UNZIPPED_BYTES_MAX} bytes"
        )
    return unzipped_bytes


def _leaves(name: str) -> bool:
    return name.startswith("/") or ".." in name.split("/")


def _page(status: int, sentence: str) -> HttpResponse:
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    return HttpResponse(status, headers, f"{sentence}\n".encode())
