"""Checksums: known values, zlib as the judge, and wholes made of parts."""

import base64
import random
import zlib

import pytest

from headrace.core.objects import checksums
from headrace.core.objects.checksums import checksum, combined, composite, is_checksum

#: The catalogue's check values: the checksum of b"123456789".
CHECKS = {"CRC32": "cbf43926", "CRC32C": "e3069283", "CRC64NVME": "ae8b14860a799888"}
NOISE = random.Random(1).randbytes(70_000)


@pytest.mark.parametrize("algorithm", CHECKS)
def test_check_values(algorithm):
    assert base64.b64decode(checksum(algorithm, b"123456789")).hex() == CHECKS[algorithm]


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 520, 521, 4_099, 70_000])
def test_folding_leaves_the_same_remainder(size):
    bits, polynomial = checksums._CRCS["CRC32"]
    assert checksums._crc(NOISE[:size], bits, polynomial) == zlib.crc32(NOISE[:size])


@pytest.mark.parametrize("algorithm", ["CRC32C", "CRC64NVME"])
def test_long_content_goes_by_spans_that_other_threads_can_wait_for(algorithm, monkeypatch):
    sizes = []
    crc = checksums._crc
    monkeypatch.setattr(
        checksums, "_crc", lambda part, *of: sizes.append(len(part)) or crc(part, *of)
    )
    content = NOISE * 50
    bits, polynomial = checksums._CRCS[algorithm]
    whole = crc(content, bits, polynomial).to_bytes(bits // 8, "big")
    assert checksum(algorithm, content) == base64.b64encode(whole).decode()
    assert (max(sizes), sum(sizes)) == (1_024 * 1_024, len(content))


@pytest.mark.parametrize("algorithm", sorted(checksums.COMBINABLE))
def test_a_whole_is_told_from_its_parts(algorithm):
    parts = [NOISE[:1], NOISE[1:9_000], NOISE[9_000:]]
    rows = [(checksum(algorithm, part), len(part)) for part in parts]
    assert combined(algorithm, rows) == checksum(algorithm, NOISE)


def test_a_composite_checksum_is_that_of_checksums():
    parts = [checksum("SHA256", b"a"), checksum("SHA256", b"b")]
    raw = b"".join(base64.b64decode(part) for part in parts)
    assert composite("SHA256", parts) == f"{checksum('SHA256', raw)}-2"


@pytest.mark.parametrize("algorithm", checksums.ALGORITHMS)
def test_a_checksum_has_its_length(algorithm):
    text = checksum(algorithm, b"x")
    assert is_checksum(algorithm, text)
    assert not is_checksum(algorithm, text[4:])
    assert not is_checksum(algorithm, "no base64!")
