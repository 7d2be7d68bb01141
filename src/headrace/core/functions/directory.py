"""Which functions there are: by number, and by name within an account and region; and layers."""

from headrace.core.functions import limits
from headrace.core.functions.alias import choose_version
from headrace.core.functions.callers import check_caller
from headrace.core.functions.errors import function_not_found
from headrace.core.functions.function import Function, Version
from headrace.core.functions.layerbook import LayerBook
from headrace.core.functions.names import LATEST, FunctionReference
from headrace.core.functions.records import LAYER_RECORDS, FunctionCreated, FunctionDeleted
from headrace.core.functions.replay import changed, created
from headrace.core.functions.url import Url
from headrace.core.machine import Record


class Directory:
    """The durable state of all functions and layers of a shard; changed by facts only."""

    def __init__(self) -> None:
        """Start empty."""
        self.functions: dict[int, Function] = {}
        self.layers = LayerBook()
        self._names: dict[tuple[str, str], dict[str, int]] = {}
        #: Ids of function URLs to function and qualifier.
        self._urls: dict[str, tuple[int, str]] = {}
        #: By account and region: concurrency that is set aside for some function.
        self._set_aside: dict[tuple[str, str], int] = {}

    def number(self, account: str, region: str, name: str) -> int | None:
        """Return the number of a function, or None."""
        return self._names.get((account, region), {}).get(name)

    def seed(self, account: str, region: str, name: str) -> bytes | None:
        """Return what the keys to a function's code links derive from; None: no such function."""
        number = self.number(account, region, name)
        return None if number is None else self.functions[number].seed

    def locate(self, reference: FunctionReference) -> int | None:
        """Return the number of the function that a caller means; None: there is no such function.

        Every look-up by reference comes here, so that nobody sees another's function unasked.

        Raises:
            AccessDenied: It is another account's, which did not open it to the caller for this.
        """
        number = self.number(reference.account, reference.region, reference.name)
        if reference.caller is not None:
            check_caller(reference, {} if number is None else self.functions[number].policies)
        return number

    def find_function(self, reference: FunctionReference) -> tuple[int, Function]:
        """Return which function a caller means; a qualifier counts for nothing.

        Raises:
            ResourceNotFound: There is no such function; named without its qualifier.
            AccessDenied: As `locate`.
        """
        number = self.locate(reference)
        if number is None:
            raise function_not_found(reference.arn)
        return number, self.functions[number]

    def find_version(
        self, reference: FunctionReference, request_id: str = ""
    ) -> tuple[int, Function, Version]:
        """Return which function and version a caller means.

        Args:
            request_id: Of an invoke, which goes where the alias's weights send it; empty: to the
                alias's first version.

        Raises:
            ResourceNotFound: There is no such function, version or alias.
            AccessDenied: As `locate`.
        """
        number = self.locate(reference)
        if number is None:
            raise function_not_found(reference.qualified_arn)
        function = self.functions[number]
        name = LATEST if reference.qualifier is None else reference.qualifier
        alias = function.aliases.get(name)
        if alias is not None:
            name = choose_version(alias, request_id) if request_id else alias.version
        version = function.versions.get(name)
        if version is None:
            raise function_not_found(reference.qualified_arn)
        return number, function, version

    def find_url(self, url_id: str) -> tuple[Function, str] | None:
        """Return which function has a URL, and for which qualifier; None: there is none."""
        found = self._urls.get(url_id)
        return None if found is None else (self.functions[found[0]], found[1])

    def unreserved(self, account: str, region: str) -> int:
        """Return how much of an account's concurrency is set aside for no function."""
        return limits.CONCURRENCY_MAX - self._set_aside.get((account, region), 0)

    def of_account(self, account: str, region: str) -> list[Function]:
        """Return an account's functions in a region, by name."""
        names = self._names.get((account, region), {})
        return [self.functions[names[name]] for name in sorted(names)]

    def page(self, account: str, region: str, after: str, at_most: int) -> tuple[list[int], bool]:
        """Return functions in ascending order of names behind `after`, and whether more follow."""
        names = self._names.get((account, region), {})
        behind = sorted(name for name in names if name > after)
        return [names[name] for name in behind[:at_most]], len(behind) > at_most

    def page_of_versions(
        self, account: str, region: str, after: str, after_version: str, at_most: int
    ) -> tuple[list[tuple[int, Version]], bool]:
        """Return versions of functions in ascending order, and whether more follow.

        They lie behind version `after_version` of function `after`.
        """
        names = self._names.get((account, region), {})
        found: list[tuple[int, Version]] = []
        for name in sorted(name for name in names if name >= after):
            behind = after_version if name == after else ""
            if name == after and not after_version:
                continue
            number = names[name]
            found += ((number, one) for one in self.functions[number].ordered_versions(behind))
            if len(found) > at_most:
                break
        return found[:at_most], len(found) > at_most

    def code_digests(self) -> frozenset[str]:
        """Return the archives that some version of a function or layer is made of."""
        digests = self.layers.content_digests()
        for function in self.functions.values():
            for version in function.versions.values():
                pairs = [(version.settings, version.code)]
                if version.replaced is not None:
                    pairs.append(version.replaced)
                for settings, code in pairs:
                    if code.is_archive:
                        digests.add(code.digest)
                    digests.update(one.digest for one in settings.layers)
        return frozenset(digests)

    def take(self, record: Record) -> None:
        """Apply a fact."""
        if isinstance(record, FunctionCreated):
            self.add(record.machine, created(record))
        elif isinstance(record, LAYER_RECORDS):
            self.layers.take(record)
        elif isinstance(record, FunctionDeleted):
            function = self.functions.pop(record.machine)
            self._set_aside_more(function, -set_aside(function))
            self._follow_urls(record.machine, function.urls, {})
            names = self._names[function.account, function.region]
            if names[function.name] == record.machine:
                del names[function.name]
        else:
            before = self.functions[record.machine]
            after = self.functions[record.machine] = changed(before, record)
            self._set_aside_more(after, set_aside(after) - set_aside(before))
            self._follow_urls(record.machine, before.urls, after.urls)

    def add(self, number: int, function: Function) -> None:
        """Take in a function.

        During a load a deleted function may come after the newer one of its name; numbers grow, so
        the greater one is the newer.
        """
        self.functions[number] = function
        self._set_aside_more(function, set_aside(function))
        self._follow_urls(number, {}, function.urls)
        names = self._names.setdefault((function.account, function.region), {})
        names[function.name] = max(number, names.get(function.name, 0))

    def _follow_urls(self, number: int, before: dict[str, Url], after: dict[str, Url]) -> None:
        if before is not after:
            for url in before.values():
                del self._urls[url.id]
            for qualifier, url in after.items():
                self._urls[url.id] = (number, qualifier)

    def _set_aside_more(self, function: Function, more: int) -> None:
        if more:
            place = (function.account, function.region)
            self._set_aside[place] = self._set_aside.get(place, 0) + more


def set_aside(function: Function) -> int:
    """Return how much of the account's concurrency only this function can use."""
    return function.provisioned_total if function.reserved is None else function.reserved
