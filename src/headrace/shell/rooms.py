"""Rooms: where operations look things up, whichever rooms live at the moment."""

from typing import Any


class Rooms:
    """The living rooms by service. A rebuild of memory replaces them all."""

    __slots__ = ("buckets", "functions", "logs", "mappings", "queues")

    def __init__(self) -> None:
        """Start without rooms; nothing may be looked up before `replace`."""
        self.queues: Any = None
        self.functions: Any = None
        self.mappings: Any = None
        self.logs: Any = None
        self.buckets: Any = None

    def replace(
        self,
        queues: Any,
        functions: Any = None,
        mappings: Any = None,
        logs: Any = None,
        buckets: Any = None,
    ) -> None:
        """Take freshly loaded rooms."""
        self.queues = queues
        self.functions = functions
        self.mappings = mappings
        self.logs = logs
        self.buckets = buckets
