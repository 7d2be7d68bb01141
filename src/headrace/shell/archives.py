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
from headrace.core.functions.settings import Code, Image
from headrace.ports.blobs import Blobs
from headrace.ports.clock import Clock
from headrace.ports.journal import JournalError
from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox.images.sources import find_image
from headrace.shell.codesources import CodeSource
from headrace.shell.rooms import Rooms
from headrace.shell.service import Service
from headrace.wire.envelope import HttpRequest, HttpResponse

NOT_A_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."

_ENCRYPTED = 0x1


class Archives:
    """What the service asks about code: preparing it, and serving it."""

    def __init__(
        self,
        rooms: Rooms,
        blobs: Blobs,
        clock: Clock,
        source: CodeSource,
        *,
        takes_folders: bool = True,
        takes_images: bool = True,
    ) -> None:
        """Keep archives in `blobs`; those that a request only names come from `source`.

        Args:
            takes_folders: Whether functions may run from folders of this machine.
            takes_images: Whether they may be container images of this machine.
        """
        self._takes_images = takes_images
        self._takes_folders = takes_folders
        self._rooms = rooms
        self._blobs = blobs
        self._clock = clock
        self._source = source

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
        given = parameters["Code"]
        code = await self._take_in(given, create_function, parameters, context)
        return {**parameters, "Code": {**given, **code}}

    async def prepare_update(self, parameters: dict[str, Any], context: Context) -> dict[str, Any]:
        """Store a function's new archive; return the parameters with a `Code` as ZipFile.

        Raises:
            ServiceError: The function cannot be updated, or the archive cannot be used.
        """
        code = await self._take_in(parameters, update_function_code, parameters, context)
        return {**parameters, **code}

    async def prepare_layer(self, parameters: dict[str, Any], context: Context) -> dict[str, Any]:
        """Store the archive of a layer version; return the parameters with a `Code` as ZipFile.

        Raises:
            ServiceError: The version cannot be published, or the archive cannot be used.
        """
        given = parameters["Content"]
        code = await self._take_in(given, publish_layer_version, parameters, context)
        return {**parameters, "Content": {**given, **code}}

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
        given: dict[str, Any],
        read: Callable[..., Any],
        parameters: dict[str, Any],
        context: Context,
    ) -> dict[str, Code]:
        """Store an archive, or look at an image, if the rest of its request would be accepted.

        Args:
            given: Where the code stands among the parameters.

        Returns:
            What replaces members of `given`: a `Code` in the place of an archive or a URI.
        """
        content = given.get("ZipFile")
        if content is not None and len(content) > ZIPPED_BYTES_MAX:
            raise RequestEntityTooLarge(
                f"Zipped size must be smaller than {ZIPPED_BYTES_MAX} bytes"
            )
        command = read(parameters, context, self._rooms)
        self._rooms.functions.check(command)
        if not isinstance(command, PublishLayerVersion):
            if command.code.image is not None:
                return {"ImageUri": await self._find_image(given["ImageUri"])}
            if command.code.folder:
                await self._check_folder(command.code.folder)
                return {}
        if content is None:  # `read` has refused a request without an archive
            place = given["S3Bucket"], given["S3Key"], given.get("S3ObjectVersion", "")
            content = await self._source.fetch(*place, context)
        return {"ZipFile": await self._store(content)}

    async def _store(self, content: bytes) -> Code:
        unzipped_bytes = await asyncio.to_thread(check_archive, content)
        try:
            digest = await self._blobs.put(content)
        except OSError as error:
            raise ServiceException(f"The code could not be stored: {error.strerror}.") from error
        except JournalError as error:
            raise ServiceException("The code could not be stored.") from error
        return Code(digest, len(content), unzipped_bytes)

    async def _find_image(self, uri: str) -> Code:
        """Return what an image is now.

        Raises:
            InvalidParameterValue: There is none, or this server takes none.
        """
        if not self._takes_images:
            raise InvalidParameterValue(
                "This server does not read images from its machine, because it is not local."
            )
        architecture = self._rooms.functions.machine.architectures[0]
        try:
            found = await asyncio.to_thread(find_image, uri, architecture)
        except CodeUnusable as error:
            raise InvalidParameterValue(str(error)) from None
        image = Image(
            uri=uri,
            resolved_uri=found.resolved_uri,
            architecture=found.architecture,
            entry_point=found.entry_point,
            command=found.command,
            working_directory=found.working_directory,
            variables=found.variables,
        )
        return Code(found.digest, size_bytes=0, image=image)

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
