"""Answer what is asked about streams and events: the store looks, the loop goes on meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from headrace.api.context import Context
from headrace.api.logs import events, groups, streams
from headrace.api.logs.naming import place_of
from headrace.api.logs.table import ANSWER
from headrace.api.operation import Answer
from headrace.base.errors import ServiceUnavailable
from headrace.core.logs.batches import sift
from headrace.core.logs.errors import ResourceAlreadyExists, no_stream
from headrace.core.logs.group import LogGroup
from headrace.ports.logs import LogStore
from headrace.shell.limits import LOG_GROUPS_SLICE
from headrace.shell.rooms import Rooms
from headrace.shell.service import Service
from headrace.shell.turns import next_turn

#: Returns the answer to an operation.
Finder = Callable[[dict[str, Any], Context], Awaitable[Answer]]


class LogEvents:
    """What the service asks about streams and events."""

    def __init__(self, rooms: Rooms, store: LogStore) -> None:
        """Look into `store` for the groups of `rooms`."""
        self._rooms = rooms
        self._store = store

    def join(self, service: Service) -> None:
        """Take part in a service: find answers before there would be commands."""
        for operation, find in (
            ("DescribeLogGroups", self._describe_groups),
            ("CreateLogStream", self._create_stream),
            ("DeleteLogStream", self._delete_stream),
            ("DescribeLogStreams", self._describe_streams),
            ("PutLogEvents", self._put),
            ("GetLogEvents", self._get),
            ("FilterLogEvents", self._filter),
            ("DescribeSubscriptionFilters", self._subscriptions),
        ):
            service.prepare[operation] = _prepared(find)

    def _group(self, parameters: dict[str, Any], context: Context) -> LogGroup:
        """Return the group that a request means.

        Raises:
            ResourceNotFound: It is not there.
        """
        group: LogGroup = self._rooms.logs.find(place_of(parameters, context))
        return group

    async def _describe_groups(self, parameters: dict[str, Any], context: Context) -> Answer:
        sought = groups.GroupsSought(parameters, context)
        while sought.look(self._rooms.logs, LOG_GROUPS_SLICE):
            await next_turn()
        found = sought.found
        stored = {group.number: await self._store.stored_bytes(group.key) for group in found}
        return groups.groups_described(found, stored, sought.token)

    async def _create_stream(self, parameters: dict[str, Any], context: Context) -> Answer:
        group = self._group(parameters, context)
        name = parameters["logStreamName"]
        if not await self._store.create_stream(group.key, name, context.now):
            raise ResourceAlreadyExists("The specified log stream already exists")
        return {}

    async def _delete_stream(self, parameters: dict[str, Any], context: Context) -> Answer:
        group = self._group(parameters, context)
        if not await self._store.delete_stream(group.key, parameters["logStreamName"]):
            raise no_stream()
        return {}

    async def _describe_streams(self, parameters: dict[str, Any], context: Context) -> Answer:
        streams.check_describe_streams(parameters)
        group = self._group(parameters, context)
        found = await self._store.streams(group.key)
        # Thousands of streams to be sorted are more than a turn of the loop should take.
        return await asyncio.to_thread(streams.streams_described, parameters, group, found)

    async def _put(self, parameters: dict[str, Any], context: Context) -> Answer:
        given = events.events_given(parameters)
        group = self._group(parameters, context)
        batch = sift(given, context.now, group.kept_since(context.now))
        name = parameters["logStreamName"]
        if not await self._store.put(group.key, name, context.now, batch.events):
            raise no_stream()
        return events.events_put(batch, context.now)

    async def _get(self, parameters: dict[str, Any], context: Context) -> Answer:
        group = self._group(parameters, context)
        query = events.get_query(parameters, group.kept_since(context.now))
        page = await self._store.find(group.key, query)
        if not page.events and not await self._store.has_stream(
            group.key, parameters["logStreamName"]
        ):
            raise no_stream()
        return await asyncio.to_thread(events.events_got, query, page)

    async def _filter(self, parameters: dict[str, Any], context: Context) -> Answer:
        group = self._group(parameters, context)
        query = events.filter_query(parameters, group.kept_since(context.now))
        page = await self._store.find(group.key, query)
        # Ten thousand events are more than a turn of the loop should take.
        return await asyncio.to_thread(events.events_filtered, page)

    async def _subscriptions(self, parameters: dict[str, Any], context: Context) -> Answer:
        self._group(parameters, context)
        return {"subscriptionFilters": []}


def _prepared(find: Finder) -> Callable[[dict[str, Any], Context], Awaitable[dict[str, Any]]]:
    """Return what hands a found answer over as a parameter."""

    async def prepare(parameters: dict[str, Any], context: Context) -> dict[str, Any]:
        try:
            answer = await find(parameters, context)
        except OSError as error:
            raise ServiceUnavailable(f"The log files cannot be used: {error}.") from error
        return {**parameters, ANSWER: answer}

    return prepare
