"""Which functions there are: by number, and by name within an account and region."""

from headrace.core.functions.errors import function_not_found
from headrace.core.functions.function import Function, Version, created, updated
from headrace.core.functions.names import FunctionReference, check_qualifier
from headrace.core.functions.records import FunctionCreated, FunctionUpdated
from headrace.core.machine import Record


class Directory:
    """The durable state of all functions of a shard; changed by facts only."""

    def __init__(self) -> None:
        """Start empty."""
        self.functions: dict[int, Function] = {}
        self._names: dict[tuple[str, str], dict[str, int]] = {}

    def number(self, account: str, region: str, name: str) -> int | None:
        """Return the number of a function, or None."""
        return self._names.get((account, region), {}).get(name)

    def find_version(self, reference: FunctionReference) -> tuple[int, Function, Version]:
        """Return which function and version a caller means.

        Raises:
            ResourceNotFound: There is no such function, version or alias.
        """
        number = self.number(reference.account, reference.region, reference.name)
        if number is None:
            raise function_not_found(reference.qualified_arn)
        function = self.functions[number]
        name = check_qualifier(reference, function.versions)
        return number, function, function.versions[name]

    def page(self, account: str, region: str, after: str, at_most: int) -> tuple[list[int], bool]:
        """Return functions in ascending order of names behind `after`, and whether more follow."""
        names = self._names.get((account, region), {})
        behind = sorted(name for name in names if name > after)
        return [names[name] for name in behind[:at_most]], len(behind) > at_most

    def code_digests(self) -> frozenset[str]:
        """Return the archives that some version is made of."""
        digests = []
        for function in self.functions.values():
            for version in function.versions.values():
                digests.append(version.code.digest)
                if version.replaced is not None:
                    digests.append(version.replaced[1].digest)
        return frozenset(digests)

    def take(self, record: Record) -> None:
        """Apply a fact."""
        if isinstance(record, FunctionCreated):
            self.add(record.machine, created(record))
        elif isinstance(record, FunctionUpdated):
            self.functions[record.machine] = updated(self.functions[record.machine], record)
        else:
            function = self.functions.pop(record.machine)
            names = self._names[function.account, function.region]
            if names[function.name] == record.machine:
                del names[function.name]

    def add(self, number: int, function: Function) -> None:
        """Take in a function.

        During a load a deleted function may come after the newer one of its name; numbers grow, so
        the greater one is the newer.
        """
        self.functions[number] = function
        names = self._names.setdefault((function.account, function.region), {})
        names[function.name] = max(number, names.get(function.name, 0))
