"""A group's names, and its bytes."""

import pytest

from headrace.core.logs.group import LogGroup, decode_snapshot, encode_snapshot

GROUP = LogGroup(16, "123456789012", "eu-central-1", "/aws/lambda/f", 1_795_000_000_000)


def test_the_arn_has_no_star():
    assert GROUP.arn == "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/f"
    assert (GROUP.key.number, GROUP.key.name) == (16, "/aws/lambda/f")


def test_old_bytes_still_load():
    # As they were first written: number, owner, name, instant.
    old = bytes.fromhex(
        "01"
        "95"
        "10"
        "ac313233343536373839303132"
        "ac65752d63656e7472616c2d31"
        "ad2f6177732f6c616d6264612f66"
        "cf000001a1ee8aee00"
    )
    assert decode_snapshot(old).name == "/aws/lambda/f"
    assert decode_snapshot(encode_snapshot(GROUP)) == GROUP
    with pytest.raises(ValueError, match="unknown format"):
        decode_snapshot(b"\x02" + old[1:])
