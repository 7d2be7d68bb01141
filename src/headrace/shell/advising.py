"""Serve advice on what lives here: `GET /_headrace/advise`, as text or JSON."""

import asyncio

import msgspec

from headrace.api.advice.living import function_of, mapping_of, queue_of
from headrace.api.advice.telling import document_of, text_of
from headrace.core.advice.advise import advise
from headrace.core.advice.setup import Setup
from headrace.core.sqs.errors import QueueDoesNotExist
from headrace.shell.limits import ADVICE_SLICE
from headrace.shell.service import Service
from headrace.shell.turns import next_turn
from headrace.wire.envelope import HttpRequest, HttpResponse

PREFIX = "/_headrace/advise"


class Advising:
    """Advice as a page."""

    def __init__(self, service: Service) -> None:
        """Take part in a service: a page."""
        self._service = service
        self._since = service.driver.clock.now()
        service.pages[PREFIX] = self.serve

    async def serve(self, request: HttpRequest) -> HttpResponse:
        """Hold the rules against all mappings; that is a thread's work, reading them the loop's."""
        if request.method != "GET":
            headers = [("Content-Type", "text/plain; charset=utf-8"), ("Allow", "GET")]
            return HttpResponse(405, headers, b"Only GET.\n")
        if not self._service.driver.running:
            headers = [("Content-Type", "text/plain; charset=utf-8")]
            return HttpResponse(503, headers, b"The server is reading its journal; try again.\n")
        is_json = "json" in request.headers.get("accept", "")
        text = await asyncio.to_thread(_written, await self._setup(), is_json=is_json)
        kind = "application/json" if is_json else "text/plain; charset=utf-8"
        return HttpResponse(200, [("Content-Type", kind)], text)

    async def _setup(self) -> Setup:
        """Return all mappings with their queues and functions, some of them a turn."""
        mappings = self._service.rooms.mappings
        seconds = (self._service.driver.clock.now() - self._since) // 1_000
        setup = Setup()
        for place, number in enumerate(list(mappings.machines()), 1):
            found = mappings.describe(number)
            if found is not None:
                one = mapping_of(found, mappings.tally(number), seconds)
                target = function_of(self._service.rooms.functions, found.settings.function_arn)
                if target is not None:
                    function, is_weighted = target
                    one = msgspec.structs.replace(one, is_weighted=is_weighted)
                    known = setup.functions.get(one.function)
                    if known is None or known.timeout_s < function.timeout_s:
                        setup.functions[one.function] = function
                setup.mappings.append(one)
                self._add_queues(setup, one.queue)
            if place % ADVICE_SLICE == 0:
                await next_turn()
        return setup

    def _add_queues(self, setup: Setup, arn: str) -> None:
        """Add a queue, and the one that it dead-letters to; nothing, where there is none."""
        queues = self._service.rooms.queues
        for _ in range(2):
            if not arn:
                return
            if arn not in setup.queues:
                try:
                    queue = queues.directory.queue(queues.find_arn(arn))
                except QueueDoesNotExist:
                    return
                visible = queue.counts(self._service.driver.clock.now())[0]
                setup.queues[arn] = queue_of(queue, visible)
            arn = setup.queues[arn].dead_letter_queue


def _written(setup: Setup, *, is_json: bool) -> bytes:
    """Return the advice on a setup as it is answered."""
    document = document_of(advise(setup))
    return msgspec.json.encode(document) + b"\n" if is_json else text_of(document).encode()
