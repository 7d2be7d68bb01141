"""The durable side of a mapping, and the bytes that it has been stored in."""

import msgspec
import pytest

from headrace.core.mapping.mapping import decode, encode, mapping_of
from headrace.core.mapping.records import MappingCreated, MappingDeletionBegun, MappingUpdated
from headrace.core.mapping.settings import Settings
from headrace.core.mapping.state import State

OLD = Settings("f", 20, 5, True, 7)
NEW = Settings("g", 3)
CREATED = MappingCreated(
    16, 1_000, "u-u-i-d", "123456789012", "eu", "q", OLD, State.CREATING, 1_100, {"a": "b"}
)
#: As written by the first version that had mappings: five settings.
FIRST_RECORD = (
    "9bccc810cd03e8a7752d752d692d64ac313233343536373839303132a26575a171"
    "95a1661405c307a84372656174696e67cd044c81a161a162"
)
FIRST_SNAPSHOT = (
    "019aa7752d752d692d64ac313233343536373839303132a26575a17195a1661405c307"
    "95a1661405c307a84372656174696e67cd044ccd03e881a161a162"
)
#: As written since there are filters, provisioned pollers, metrics and keys: ten settings.
STORED_RECORD = (
    "9bccc810cd03e8a7752d752d692d64ac313233343536373839303132a26575a1719aa1661405c30790000090a0"
    "a84372656174696e67cd044c81a161a162"
)
STORED_SNAPSHOT = (
    "019aa7752d752d692d64ac313233343536373839303132a26575a1719aa1661405c30790000090a0"
    "9aa1661405c30790000090a0a84372656174696e67cd044ccd03e881a161a162"
)


def test_new_settings_rule_when_the_state_has_settled():
    mapping = mapping_of(CREATED)
    mapping.settle()
    mapping.update(MappingUpdated(16, 2_000, NEW, State.UPDATING, 2_100))
    assert (mapping.settings, mapping.in_force) == (NEW, OLD)
    assert mapping.last_modified == 2_000
    assert mapping.polls
    assert not mapping.is_settled
    assert mapping.settle()
    assert (mapping.settings, mapping.in_force) == (NEW, NEW)
    assert mapping.last_modified == 2_000
    assert mapping.is_settled


def test_new_settings_of_a_disabled_mapping_rule_at_once():
    mapping = mapping_of(CREATED)
    mapping.update(MappingUpdated(16, 2_000, NEW, State.DISABLED, None))
    assert mapping.in_force == NEW
    assert not mapping.polls


def test_a_deletion_leads_to_nothing():
    mapping = mapping_of(CREATED)
    mapping.begin_deletion(MappingDeletionBegun(16, 3_000, 3_100))
    assert mapping.state is State.DELETING
    assert not mapping.polls
    assert not mapping.settle()


def test_stored_bytes_are_read_for_ever():
    for record, snapshot in ((FIRST_RECORD, FIRST_SNAPSHOT), (STORED_RECORD, STORED_SNAPSHOT)):
        assert msgspec.msgpack.decode(bytes.fromhex(record), type=MappingCreated) == CREATED
        assert decode(bytes.fromhex(snapshot)) == mapping_of(CREATED)
    assert msgspec.msgpack.encode(CREATED).hex() == STORED_RECORD
    assert encode(mapping_of(CREATED)).hex() == STORED_SNAPSHOT


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x02" + bytes(20)])
def test_bytes_of_another_format_are_refused(data):
    with pytest.raises(ValueError):
        decode(data)
