"""What the pages about a life have in common: how they are asked, the history, how they answer."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from headrace.api.context import Context
from headrace.api.story.answer import Reach, text_of
from headrace.base.errors import ServiceError, ServiceUnavailable
from headrace.base.instant import Instant
from headrace.core.functions import decisions as invokes
from headrace.core.machine import Record
from headrace.core.mapping import decisions as mappings
from headrace.core.sqs.errors import InvalidParameterValue
from headrace.ports.history import History, Page
from headrace.ports.journal import JournalError
from headrace.shell.limits import LOOK_FIELDS_MAX
from headrace.shell.service import Service
from headrace.store.codec import HeadReader
from headrace.wire.call import Call, Form, Protocol
from headrace.wire.credentials import read_credentials
from headrace.wire.envelope import HttpRequest, HttpResponse

#: From the query's parameters and who asks to the answer.
Answer = Callable[[dict[str, str], Context], Awaitable[dict[str, Any]]]


class Stories:
    """Asks the history for whoever wants to know about a life."""

    def __init__(self, service: Service, history: History) -> None:
        """Serve pages of a service from a history."""
        self.service = service
        self.history = history
        self.turn = asyncio.Lock()  #: One long search at a time, however many ask.

    def reader(self) -> "HistoryReader":
        """Return a reader of all that there is in the history."""
        rooms = self.service.driver.rooms
        return HistoryReader([kind for room in rooms for kind in room.records])

    async def serve(self, request: HttpRequest, name: str, answer: Answer) -> HttpResponse:
        """Answer one question, as text or, for who accepts it, as JSON.

        Args:
            name: Of the service that is asked, in credentials.
            answer: An answer without events that names no place is one about something unknown.
        """
        if request.method != "GET":
            headers = [("Content-Type", "text/plain; charset=utf-8"), ("Allow", "GET")]
            return HttpResponse(405, headers, b"Only GET.\n")
        protocol = Protocol(Form.QUERY_JSON, name)
        call = Call(name, "Why", protocol, {}, read_credentials(request), request.headers)
        context = self.service.context_of(call)
        try:
            parameters = _parameters_of(request)
            if not self.service.driver.running:
                raise ServiceUnavailable("The service is unavailable. Please try again.")
            found = await answer(parameters, context)
        except ServiceError as refusal:
            return _written(request, refusal.status, {"error": refusal.message})
        status = 200 if found["events"] or found.get("queue") else 404
        return await asyncio.to_thread(_written, request, status, found)


class HistoryReader:
    """Reads the history as records; used on threads, keeps nothing."""

    def __init__(self, kinds: list[type[Record]]) -> None:
        """Know the decisions and these kinds of records: all that there are in blocks."""
        self._heads = HeadReader([*kinds, *mappings.DECISIONS, *invokes.DECISIONS])

    def records(self, pages: Iterator[Page], reach: Reach) -> Iterator[tuple[int, list[Record]]]:
        """Yield the records of each page that can be read; note what is missing."""
        before, damaged = Page(0, Instant(0), 0, b""), 0
        for page in pages:
            try:
                records = self._heads.records(page.head, page.seq, page.format)
            except JournalError:
                damaged += 1  # Nothing that it says can be trusted, its instant neither.
                continue
            if reach.first_at is None:
                reach.first_at = page.at
            missing = page.seq - before.seq - 1 if page.seq and before.seq else 0
            if missing > 0 or damaged:
                reach.miss(max(missing, damaged), before.at or page.at, page.at)
                damaged = 0
            if page.seq:
                before = page
            yield page.seq, records
        if damaged:
            reach.miss(damaged, before.at, before.at)


def _parameters_of(request: HttpRequest) -> dict[str, str]:
    """Return the query's parameters.

    Raises:
        InvalidParameterValue: They cannot be read.
    """
    try:
        return dict(parse_qsl(request.query, max_num_fields=LOOK_FIELDS_MAX))
    except ValueError:
        raise InvalidParameterValue("There are too many parameters.") from None


def _written(request: HttpRequest, status: int, answer: dict[str, Any]) -> HttpResponse:
    if "json" in request.headers.get("accept", ""):
        headers = [("Content-Type", "application/json")]
        return HttpResponse(status, headers, msgspec.json.encode(answer) + b"\n")
    text = text_of(answer) if "error" not in answer else f"{answer['error']}\n"
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    return HttpResponse(status, headers, text.encode())
