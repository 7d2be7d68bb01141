"""Which layers there are: by number, and by name within an account and region."""

from collections.abc import Iterator

from headrace.core.functions.layer import Layer, LayerVersion, altered, published
from headrace.core.functions.layernames import LayerReference
from headrace.core.functions.records import LayerVersionPublished
from headrace.core.machine import Record


class LayerBook:
    """The durable state of all layers of a shard; changed by facts only."""

    def __init__(self) -> None:
        """Start empty."""
        self.layers: dict[int, Layer] = {}
        self._names: dict[tuple[str, str], dict[str, int]] = {}

    def number(self, account: str, region: str, name: str) -> int | None:
        """Return the number of a layer, or None."""
        return self._names.get((account, region), {}).get(name)

    def seed(self, account: str, region: str, name: str) -> bytes | None:
        """Return what the keys to a layer's links derive from; None: there is no such layer."""
        number = self.number(account, region, name)
        return None if number is None else self.layers[number].seed

    def find(self, reference: LayerReference) -> tuple[int, Layer, LayerVersion] | None:
        """Return the version that a reference names, or None."""
        number = self.number(reference.account, reference.region, reference.name)
        if number is None:
            return None
        layer = self.layers[number]
        version = layer.versions.get(reference.version)
        return None if version is None else (number, layer, version)

    def of_account(self, account: str, region: str) -> Iterator[Layer]:
        """Yield an account's layers in a region, by name; those without versions too."""
        names = self._names.get((account, region), {})
        return (self.layers[names[name]] for name in sorted(names))

    def content_digests(self) -> set[str]:
        """Return the archives that some version is made of."""
        return {
            version.content.digest
            for layer in self.layers.values()
            for version in layer.versions.values()
        }

    def take(self, record: Record) -> None:
        """Apply a fact."""
        if isinstance(record, LayerVersionPublished):
            before = self.layers.get(record.machine)
            self.add(record.machine, published(before, record))
        else:
            self.layers[record.machine] = altered(self.layers[record.machine], record)

    def add(self, number: int, layer: Layer) -> None:
        """Take in a layer."""
        self.layers[number] = layer
        self._names.setdefault((layer.account, layer.region), {})[layer.name] = number
