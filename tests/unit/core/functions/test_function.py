"""A function's states follow from stored facts and the instant."""

import re

import pytest

from headrace.core.functions import function as rules
from headrace.core.functions.records import FunctionCreated, FunctionUpdated
from headrace.core.functions.replay import changed, created
from headrace.core.functions.settings import Code
from tests.unit.core.functions.bench import (
    ACCOUNT,
    ARN,
    CODE,
    EPOCH,
    NAME,
    REGION,
    SEED,
    settings_with,
)

CREATED = FunctionCreated(
    16, EPOCH, ACCOUNT, REGION, NAME, SEED, settings_with(), CODE, {"team": "a"}, 100
)
NEW_CODE = Code("cd" * 32, 300)
UPDATED = FunctionUpdated(16, EPOCH + 500, bytes(16), settings_with(timeout_s=9), NEW_CODE, 100)


def test_a_created_function_is_pending_until_it_settles():
    function = created(CREATED)
    assert function.arn == ARN
    assert rules.is_pending(function.latest, EPOCH + 99)
    assert not rules.is_pending(function.latest, EPOCH + 100)


def test_until_an_update_settles_the_former_state_serves():
    function = changed(created(CREATED), UPDATED)
    before = rules.deployment(16, function, function.latest, EPOCH + 599)
    after = rules.deployment(16, function, function.latest, EPOCH + 600)
    assert (before.code, before.generation, before.settings.timeout_s) == (CODE, 0, 3)
    assert (after.code, after.generation, after.settings.timeout_s) == (NEW_CODE, 1, 9)
    assert not rules.is_pending(function.latest, EPOCH + 599)


def test_views_before_and_after_settling():
    function = changed(created(CREATED), UPDATED)
    changing = rules.view(16, function, function.latest, settled=False)
    settled = rules.view(16, function, function.latest, settled=True)
    assert (changing.state, changing.last_update_status) == ("Active", "InProgress")
    assert (settled.state, settled.last_update_status) == ("Active", "Successful")
    assert changing.revision_id != settled.revision_id
    assert settled.changed_at == EPOCH + 500
    assert settled.tags == {"team": "a"}


def test_a_snapshot_holds_everything():
    function = changed(created(CREATED), UPDATED)
    assert rules.decode_snapshot(rules.encode_snapshot(function)) == function


#: Written by format 1 on 2026-11-25; must be readable for ever.
STORED = bytes.fromhex(
    "0196ac313233343536373839303132ac65752d63656e7472616c2d31a6726573697a65c41000010203040506"
    "0708090a0b0c0d0e0f81a47465616da16181a7244c415445535498a7244c4154455354009eaa707974686f6e"
    "332e3131ab6170702e68616e646c6572d92061726e3a6177733a69616d3a3a3132333435363738393031323a"
    "726f6c652f7294b22f6177732f6c616d6264612f726573697a65a454657874a0a0a003cc80cd0200c0a67838"
    "365f3634ab506173735468726f756768a0a0a44e6f6e6592d940616261626162616261626162616261626162"
    "6162616261626162616261626162616261626162616261626162616261626162616261626162616261626162"
    "6162cd0114c410000102030405060708090a0b0c0d0e0fcf000001a1ee565e00cf000001a1ee565e64c0"
)


def test_bytes_of_format_1_are_still_read():
    assert rules.decode_snapshot(STORED) == created(CREATED)


@pytest.mark.parametrize("state", [b"", b"\x00abc", b"\xff" + STORED[1:]])
def test_bytes_of_another_format_are_refused(state):
    with pytest.raises(ValueError, match="unknown format"):
        rules.decode_snapshot(state)


def test_derived_uuids_have_the_form_of_version_4_and_follow_from_seed_and_purpose():
    one = rules.derived_uuid(SEED, b"a")
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one)
    assert one == rules.derived_uuid(SEED, b"a")
    assert len({one, rules.derived_uuid(SEED, b"b"), rules.derived_uuid(bytes(16), b"a")}) == 3
