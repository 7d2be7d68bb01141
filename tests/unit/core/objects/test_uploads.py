"""Parts put together: which, in which order, how large, and what tells the whole."""

import base64
import hashlib

import pytest

from headrace.core.objects import errors
from headrace.core.objects.checksums import checksum
from headrace.core.objects.commands import NamedPart
from headrace.core.objects.limits import OBJECT_BYTES_MAX
from headrace.core.objects.uploads import check_algorithm, upload_id_of
from tests.unit.core.objects.bench import MIB, Bench


@pytest.fixture
def bench():
    return Bench()


def test_the_etag_is_that_of_the_parts_md5s_and_their_number(bench):
    upload_id = bench.begin()
    parts = [bench.part(upload_id, 1, b"a"), bench.part(upload_id, 3, b"b", size=1)]
    raw = b"".join(hashlib.md5(word, usedforsecurity=False).digest() for word in (b"a", b"b"))
    one = bench.complete(upload_id, *parts)
    assert one.etag == f"{hashlib.md5(raw, usedforsecurity=False).hexdigest()}-2"
    assert (one.checksums, one.checksum_type) == ({}, "")


def test_only_named_parts_are_taken(bench):
    upload_id = bench.begin()
    bench.part(upload_id, 1, b"a")
    second = bench.part(upload_id, 2, b"b", size=7)
    assert bench.complete(upload_id, second).size == 7


@pytest.mark.parametrize(
    ("named", "error"),
    [
        ([], errors.InvalidRequest),
        ([NamedPart(2, ""), NamedPart(1, "")], errors.InvalidPartOrder),
        ([NamedPart(1, ""), NamedPart(1, "")], errors.InvalidPartOrder),
        ([NamedPart(9, "")], errors.InvalidPart),
        ([NamedPart(1, "wrong")], errors.InvalidPart),
    ],
)
def test_parts_that_are_not_those_that_came(bench, named, error):
    upload_id = bench.begin()
    bench.part(upload_id, 1)
    with pytest.raises(error):
        bench.complete(upload_id, *named)
    assert upload_id in bench.bucket.uploads


def test_every_part_but_the_last_is_large_enough(bench):
    upload_id = bench.begin()
    parts = [bench.part(upload_id, 1, size=5 * MIB - 1), bench.part(upload_id, 2, size=1)]
    with pytest.raises(errors.EntityTooSmall) as refusal:
        bench.complete(upload_id, *parts)
    assert refusal.value.members["PartNumber"] == "1"
    bench.complete(upload_id, parts[0])


def test_the_whole_is_no_larger_than_an_object(bench):
    upload_id = bench.begin()
    parts = [bench.part(upload_id, n, size=OBJECT_BYTES_MAX // 2 + 1) for n in (1, 2)]
    with pytest.raises(errors.EntityTooLarge):
        bench.complete(upload_id, *parts)


def sums(*words):
    return [checksum("CRC32", word) for word in words]


def test_a_whole_is_told_by_its_bytes_or_by_its_parts(bench):
    words = (b"a" * 5 * MIB, b"b")
    whole = checksum("CRC32", b"".join(words))
    upload_id = bench.begin(checksum_algorithm="CRC32", checksum_type="FULL_OBJECT")
    parts = [
        bench.part(upload_id, n, word, None, CRC32=checksum("CRC32", word))
        for n, word in enumerate(words, 1)
    ]
    with pytest.raises(errors.BadDigest):
        bench.complete(upload_id, *parts, checksums={"CRC32": "AAAAAA=="})
    one = bench.complete(upload_id, *parts, checksums={"CRC32": whole})
    assert (one.checksums, one.checksum_type) == ({"CRC32": whole}, "FULL_OBJECT")


def test_composite_is_what_a_caller_gets_who_does_not_say(bench):
    upload_id = bench.begin(checksum_algorithm="CRC32")
    part = bench.part(upload_id, 1, b"a", None, CRC32=sums(b"a")[0])
    with pytest.raises(errors.InvalidPart):
        bench.complete(upload_id, NamedPart(1, part.etag, {"CRC32": "AAAAAA=="}))
    one = bench.complete(upload_id, part)
    raw = base64.b64decode(sums(b"a")[0])
    assert one.checksums == {"CRC32": f"{checksum('CRC32', raw)}-1"}
    assert one.checksum_type == "COMPOSITE"


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [("", "COMPOSITE"), ("CRC16", ""), ("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")],
)
def test_ways_to_tell_that_do_not_exist(algorithm, kind):
    with pytest.raises(errors.InvalidRequest):
        check_algorithm(algorithm, kind)


def test_ids_differ_by_seed():
    assert upload_id_of(b"1") == upload_id_of(b"1") != upload_id_of(b"2")
