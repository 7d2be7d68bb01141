"""Commands about what is written on a queue: its tags, and who else may use it.

Source: spec/sqs.md 8.1, 8.2, 12 (Q21: permissions change LastModifiedTimestamp, tags do not).
"""

from collections.abc import Callable
from typing import Any

from headrace.base.instant import Instant
from headrace.core.machine import Remember, Reply
from headrace.core.sqs.attributes import changed
from headrace.core.sqs.commands import (
    AddPermission,
    ListQueueTags,
    RemovePermission,
    TagQueue,
    UntagQueue,
)
from headrace.core.sqs.directory import Directory
from headrace.core.sqs.permissions import check_permission, with_permission, without_permission
from headrace.core.sqs.records import QueueTagsSet
from headrace.core.sqs.replies import Done, TagsFound
from headrace.core.sqs.tags import check_keys, check_tags, wrong_keys

_DONE = Done()


class Annotations:
    """Decides the commands about tags and permissions."""

    def __init__(self, directory: Directory) -> None:
        """Decide for the queues in `directory`."""
        self._directory = directory
        self.decide: dict[type, Callable[[Any, Instant, int], list[Any]]] = {
            TagQueue: self.tag_queue,
            UntagQueue: self.untag_queue,
            ListQueueTags: self.list_queue_tags,
            AddPermission: self.add_permission,
            RemovePermission: self.remove_permission,
        }

    def tag_queue(self, command: TagQueue, now: Instant, ticket: int) -> list[Any]:
        """Add tags, or give those that are there other values."""
        queue = self._directory.queue(command.queue)
        check_tags(command.tags, queue.tags, queue.identity.name)
        record = QueueTagsSet(queue.number, now, dict(command.tags))
        queue.tags = changed(queue.tags, record.tags)
        return [Remember(record), Reply(ticket, _DONE)]

    def untag_queue(self, command: UntagQueue, now: Instant, ticket: int) -> list[Any]:
        """Remove tags; keys that are not there are ignored."""
        queue = self._directory.queue(command.queue)
        if not command.keys:
            raise wrong_keys()
        check_keys(command.keys)
        gone: dict[str, str | None] = {key: None for key in command.keys if key in queue.tags}
        if not gone:
            return [Reply(ticket, _DONE)]
        queue.tags = changed(queue.tags, gone)
        return [Remember(QueueTagsSet(queue.number, now, gone)), Reply(ticket, _DONE)]

    def list_queue_tags(self, command: ListQueueTags, now: Instant, ticket: int) -> list[Any]:
        """Read all tags."""
        return [Reply(ticket, TagsFound(dict(self._directory.queue(command.queue).tags)))]

    def add_permission(self, command: AddPermission, now: Instant, ticket: int) -> list[Any]:
        """Add a statement to the Policy."""
        queue = self._directory.queue(command.queue)
        check_permission(command.label, command.accounts, command.actions)
        policy = with_permission(
            queue.attributes.get("Policy", ""),
            queue.arn,
            command.label,
            command.accounts,
            command.actions,
        )
        effects = self._directory.set_attributes(queue, {"Policy": policy}, now)
        return [*effects, Reply(ticket, _DONE)]

    def remove_permission(self, command: RemovePermission, now: Instant, ticket: int) -> list[Any]:
        """Remove a statement from the Policy, and with the last one the Policy."""
        queue = self._directory.queue(command.queue)
        policy = without_permission(queue.attributes.get("Policy", ""), command.label)
        effects = self._directory.set_attributes(queue, {"Policy": policy}, now)
        return [*effects, Reply(ticket, _DONE)]
