"""Metrics in the text format of Prometheus (version 0.0.4): names, help, types, samples.

We write it ourselves because it is a page of code; the client library would bring a registry of
its own, with locks and floats on the hot path.
"""

from collections.abc import Iterator, Mapping

from headrace.base.histogram import Histogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
US_PER_S = 1_000_000
#: Samples that are written together: some hundreds of KiB of text.
SAMPLES_AT_A_TIME = 5_000


class Family:
    """All samples of one metric."""

    __slots__ = ("_kind", "_meaning", "_name", "lines")

    def __init__(self, name: str, kind: str, meaning: str) -> None:
        """Start without samples; `kind` is "counter", "gauge" or "histogram"."""
        self._name = name
        self._kind = kind
        self._meaning = meaning
        self.lines: list[str] = []

    def add(self, labels: str, value: int | str) -> None:
        """Add a sample; `labels` come from `labels_of`."""
        self.lines.append(
            f"{self._name}{{{labels}}} {value}" if labels else f"{self._name} {value}"
        )

    def add_histogram(self, labels: str, histogram: Histogram) -> None:
        """Add the samples of a histogram of microseconds, in seconds."""
        name, comma = self._name, "," if labels else ""
        count = 0
        for bound, some in zip(histogram.bounds, histogram.counts, strict=False):
            count += some
            self.lines.append(f'{name}_bucket{{{labels}{comma}le="{seconds_of(bound)}"}} {count}')
        count += histogram.counts[-1]
        self.lines.append(f'{name}_bucket{{{labels}{comma}le="+Inf"}} {count}')
        end = f"{{{labels}}}" if labels else ""
        self.lines.append(f"{name}_sum{end} {seconds_of(histogram.total)}")
        self.lines.append(f"{name}_count{end} {count}")

    def texts(self) -> Iterator[bytes]:
        """Yield help, type and all samples, some at a time, which are let go of; or nothing."""
        if not self.lines:
            return
        meaning = self._meaning.replace("\\", "\\\\").replace("\n", "\\n")
        yield f"# HELP {self._name} {meaning}\n# TYPE {self._name} {self._kind}\n".encode()
        while self.lines:
            some = self.lines[:SAMPLES_AT_A_TIME]
            del self.lines[:SAMPLES_AT_A_TIME]
            yield "\n".join([*some, ""]).encode()


def labels_of(labels: Mapping[str, str]) -> str:
    """Return labels as they stand between the braces."""
    return ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())


def escaped(value: str) -> str:
    """Return a label's value with what the format gives a meaning escaped."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def seconds_of(microseconds: int) -> str:
    """Return microseconds in seconds, without needless zeros: 1500 becomes 0.0015."""
    whole, rest = divmod(microseconds, US_PER_S)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".") if rest else str(whole)
