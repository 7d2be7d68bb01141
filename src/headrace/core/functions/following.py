"""What follows for environments from a change of a function, at once and when the change settles.

Templates are made, environments of former deployments go, those that are wanted ahead of need
start, and invokes that waited for a function to become Active run.
"""

from typing import Any

from headrace.base.instant import Instant
from headrace.core.deadlines import Deadlines
from headrace.core.functions.directory import Directory
from headrace.core.functions.effects import DropCode, DropTemplate
from headrace.core.functions.fleet import Fleet
from headrace.core.functions.function import (
    NO_TEMPLATE,
    TEMPLATE_FAILED,
    TEMPLATE_IN_WORK,
    Function,
    Version,
    deployment,
    is_settled,
)
from headrace.core.functions.settings import template_name

Effects = list[Any]


class Following:
    """Sees to the environments of functions that change."""

    def __init__(self, directory: Directory, fleet: Fleet) -> None:
        """Start with nothing that has to settle."""
        self._directory = directory
        self._fleet = fleet
        #: By function and version: when its last change settles, if environments may care.
        self.settling: Deadlines[tuple[int, str]] = Deadlines()

    def follow(
        self, number: int, before: Function | None, now: Instant, *, anew: bool = False
    ) -> Effects:
        """Do for the environments what follows from a change of a function.

        Args:
            before: The function before the change; None if there was none, or after a load.
            anew: Whether what is kept ahead of need is tried again although it failed.
        """
        function = self._directory.functions.get(number)
        versions, former = _versions_of(function), _versions_of(before)
        effects: Effects = []
        for name in former.keys() - versions.keys():
            self.settling.withdraw((number, name))
        for name in sorted(former.keys() - versions.keys()):
            effects += self._fleet.retire(number, name, None, now)
            if former[name].template != NO_TEMPLATE:
                effects.append(DropTemplate(template_name(number, name)))
        if former.keys() - versions.keys():
            effects.append(DropCode())
        for name, version in versions.items():
            if former.get(name) is not version:
                effects += self._use(number, name, now)
        if function is not None:
            for name in sorted(_provisioned_versions(function) | _provisioned_versions(before)):
                effects += self._provision(number, name, now, anew=anew)
        return effects

    def settle(self, due: Instant) -> Effects:
        """Do what follows from the one change that settles at `due`."""
        settled = self.settling.take_due(due)
        assert settled is not None
        number, name = settled[1]
        return self._use(number, name, due) + self._provision(number, name, due)

    def _use(self, number: int, name: str, now: Instant) -> Effects:
        """Let environments of former deployments go, and invokes that waited run.

        Not before the version has settled; one with SnapStart gets its template first.
        """
        function = self._directory.functions[number]
        version = function.versions[name]
        current = deployment(number, function, version, now)
        if version.template == TEMPLATE_IN_WORK:
            return self._fleet.starts.template(current, now)
        if not is_settled(version, now):
            self.settling.put((number, name), version.settles_at)
            return []
        effects = self._fleet.retire(number, name, current, now) + self._fleet.open(current, now)
        return effects if version.replaced is None else [*effects, DropCode()]

    def _provision(self, number: int, name: str, now: Instant, *, anew: bool = False) -> Effects:
        """Have as many environments ahead of need as a version is to have, once it is Active."""
        function = self._directory.functions[number]
        version = function.versions.get(name)
        if version is None or version.template == TEMPLATE_FAILED or not is_settled(version, now):
            return []
        current = deployment(number, function, version, now)
        return self._fleet.provision(current, function.wanted_ahead(name), now, anew=anew)


def _versions_of(function: Function | None) -> dict[str, Version]:
    """Return the versions of a function, none of one that is not there."""
    return {} if function is None else function.versions


def _provisioned_versions(function: Function | None) -> set[str]:
    """Return the versions of which environments are to be there ahead of need."""
    if function is None:
        return set()
    return {function.version_of(qualifier) for qualifier in function.provisioned}
