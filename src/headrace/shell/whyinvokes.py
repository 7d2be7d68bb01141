"""Serve what became of an asynchronous invoke: `GET /_aws/lambda/why?FunctionName=&RequestId=`.

It is looked for by its request id among all that the function ever accepted, as far as the history
goes, then asked for where it still is. The long work is a thread's.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from typing import Any
from urllib.parse import unquote

from headrace.api.context import Context
from headrace.api.story.answer import Reach
from headrace.api.story.event import Life
from headrace.api.story.invokeanswer import invoke_document, invoke_not_found
from headrace.api.story.invokes import InvokeTracer
from headrace.base.arn import parse_arn
from headrace.core.functions.commands import LookAtEvent
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.eventbody import key_of
from headrace.core.functions.names import FunctionReference, parse_reference
from headrace.core.functions.replies import EventSeen, Phase
from headrace.ports.history import Page
from headrace.shell.limits import STORY_EVENTS_MAX
from headrace.shell.stories import HistoryReader, Stories
from headrace.wire.envelope import HttpRequest, HttpResponse

PREFIX = "/_aws/lambda/why"


class WhyInvokes:
    """What the service is asked about the life of an asynchronous invoke."""

    def __init__(self, stories: Stories) -> None:
        """Take part in a service: a page."""
        self._stories = stories
        stories.service.pages[PREFIX] = self.serve

    async def serve(self, request: HttpRequest) -> HttpResponse:
        """Answer one question."""
        place = unquote(request.path.removeprefix(PREFIX).strip("/"))

        def answer(parameters: dict[str, str], context: Context) -> Awaitable[dict[str, Any]]:
            if place:
                parameters.setdefault("FunctionName", place)
            return self._answer(parameters, context)

        return await self._stories.serve(request, "lambda", answer)

    async def _answer(self, parameters: dict[str, str], context: Context) -> dict[str, Any]:
        request_id = parameters.get("RequestId", "").lower()
        try:
            if len(request_id) != 36:
                raise ValueError
            key = key_of(request_id)
        except ValueError:
            message = "RequestId must be the id of an asynchronous invoke: 36 characters."
            raise InvalidParameterValue(message) from None
        reference = _reference_of(parameters.get("FunctionName", ""), context)
        async with self._stories.turn:
            tracer, seen, reach = await self._look(key, reference)
            if tracer.function and seen.phase is Phase.GONE and not tracer.is_gone:
                # It may have gone between two looks.
                tracer, seen, reach = await self._look(key, reference)
        if not tracer.function:
            return invoke_not_found(request_id, f"{reference.name} ({reference.region})", reach)
        return await asyncio.to_thread(
            invoke_document, request_id, tracer, seen, reach, STORY_EVENTS_MAX
        )

    async def _look(
        self, key: bytes, reference: FunctionReference
    ) -> tuple[InvokeTracer, EventSeen, Reach]:
        """Follow an invoke through the history, and look at where it is now."""
        service = self._stories.service
        name = (reference.account, reference.region, reference.name)
        machine = service.rooms.functions.directory.number(*name) or 0
        kept = await self._stories.history.read()
        reach = Reach(kept.is_on, kept.is_whole)
        tracer = InvokeTracer(key, name, machine, Life(STORY_EVENTS_MAX))
        await asyncio.to_thread(_follow, tracer, self._stories.reader(), kept.pages, reach)
        seen = EventSeen(Phase.GONE)
        if tracer.function:
            seen = await service.driver.ask(LookAtEvent(tracer.function, tracer.number))
        return tracer, seen, reach


def _follow(
    tracer: InvokeTracer, reader: HistoryReader, pages: Iterator[Page], reach: Reach
) -> None:
    for _, records in reader.records(pages, reach):
        tracer.take(records)


def _reference_of(text: str, context: Context) -> FunctionReference:
    """Return which function is meant: an ARN may be of any account and region.

    Raises:
        InvalidParameterValue: None is named.
        ResourceNotFound: It cannot be the name of one.
    """
    if not text:
        raise InvalidParameterValue("FunctionName must name a function.")
    account, region = context.account, context.region
    try:
        arn = parse_arn(text)
    except ValueError:
        pass
    else:
        account, region = arn.account, arn.region
    return parse_reference(text, None, account, region, "InvokeFunction")
