"""The text format of Prometheus, read back by a strict reader of its own."""

import re

import pytest

from headrace.base.histogram import Histogram
from headrace.wire.exposition import Family, labels_of, seconds_of

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)')
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (-?[0-9.]+|\+Inf)")
_UNESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def read(text):
    """Return {family: (type, [(name, labels, value)])}; whatever breaks the format fails."""
    assert text == "" or text.endswith("\n")
    found, family = {}, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            assert family not in found, "a family stands in one place"
            found[family] = ("", [])
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family
            assert kind in {"counter", "gauge", "histogram"}
            found[family] = (kind, [])
        else:
            match = _SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            assert re.sub(r"_(bucket|sum|count)$", "", name) == family or name == family
            found[family][1].append((name, read_labels(labels or ""), float(value)))
    return found


def text_of(family):
    return b"".join(family.texts()).decode()


def read_labels(text):
    labels, at = {}, 0
    while at < len(text):
        match = _LABEL.match(text, at)
        assert match, text[at:]
        labels[match[1]] = re.sub(r'\\[\\n"]', lambda found: _UNESCAPED[found[0]], match[2])
        at = match.end()
    return labels


def test_what_has_a_meaning_in_the_format_is_escaped():
    family = Family("a_total", "counter", "back\\slash and\nline")
    nasty = 'a"b\\c\nd,}={'
    family.add(labels_of({"queue": nasty, "region": "r"}), 3)
    text = text_of(family)
    assert text.splitlines()[0] == "# HELP a_total back\\\\slash and\\nline"
    assert read(text) == {"a_total": ("counter", [("a_total", {"queue": nasty, "region": "r"}, 3)])}


def test_many_samples_are_written_some_at_a_time(monkeypatch):
    monkeypatch.setattr("headrace.wire.exposition.SAMPLES_AT_A_TIME", 3)
    family = Family("a", "gauge", "x")
    for number in range(7):
        family.add(labels_of({"n": str(number)}), number)
    parts = list(family.texts())
    assert [part.count(b"\n") for part in parts] == [2, 3, 3, 1]
    _, samples = read(b"".join(parts).decode())["a"]
    assert [value for _, _, value in samples] == list(range(7))
    assert family.lines == []


def test_a_family_without_samples_is_nothing_and_one_without_labels_has_no_braces():
    assert text_of(Family("a", "gauge", "x")) == ""
    family = Family("a", "gauge", "x")
    family.add("", 7)
    assert text_of(family) == "# HELP a x\n# TYPE a gauge\na 7\n"


@pytest.mark.parametrize("labels", ["", labels_of({"q": "x"})])
def test_a_histogram_counts_up_to_all(labels):
    histogram = Histogram((1_000, 2_500_000))
    for value in (500, 1_000, 2_000, 9_000_000):
        histogram.observe(value)
    family = Family("d_seconds", "histogram", "x")
    family.add_histogram(labels, histogram)
    _, samples = read(text_of(family))["d_seconds"]
    buckets = [(at["le"], value) for name, at, value in samples if name.endswith("_bucket")]
    assert buckets == [("0.001", 2), ("2.5", 3), ("+Inf", 4)]
    rest = {name: value for name, _, value in samples if not name.endswith("_bucket")}
    assert rest == {"d_seconds_sum": 9.0035, "d_seconds_count": 4}


def test_microseconds_are_seconds_without_needless_zeros():
    numbers = {0: "0", 1: "0.000001", 1_500: "0.0015", 2_000_000: "2", 12_340_000: "12.34"}
    assert {number: seconds_of(number) for number in numbers} == numbers
