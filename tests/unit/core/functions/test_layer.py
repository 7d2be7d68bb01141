"""A layer's state: what records make of it, and its bytes."""

import pytest

from headrace.core.functions.function import decode_snapshot
from headrace.core.functions.layer import (
    altered,
    decode_layer,
    encode_layer,
    is_layer,
    published,
)
from headrace.core.functions.records import (
    LayerPolicySet,
    LayerVersionDeleted,
    LayerVersionPublished,
)
from tests.unit.core.functions.bench import ACCOUNT, CODE, EPOCH, REGION, SEED


def publishing(seed=SEED):
    return LayerVersionPublished(16, EPOCH, ACCOUNT, REGION, "shared", seed, CODE, "d")


def test_numbers_go_on_after_all_versions_are_deleted():
    layer = published(published(None, publishing()), publishing(bytes(16)))
    for number in (1, 2):
        layer = altered(layer, LayerVersionDeleted(16, EPOCH, number))
    assert layer.versions == {}
    layer = published(layer, publishing())
    assert list(layer.versions) == [3]
    assert layer.seed == SEED


def test_a_policy_without_statements_is_none():
    layer = published(None, publishing())
    layer = altered(layer, LayerPolicySet(16, EPOCH, 1, {"s": "{}"}, SEED))
    assert layer.versions[1].policy.statements == {"s": "{}"}
    layer = altered(layer, LayerPolicySet(16, EPOCH, 1, {}, SEED))
    assert layer.versions[1].policy is None


def test_a_layer_comes_back_from_its_bytes():
    layer = altered(published(None, publishing()), LayerPolicySet(16, EPOCH, 1, {"s": "{}"}, SEED))
    state = encode_layer(layer)
    assert is_layer(state)
    assert decode_layer(state) == layer


def test_bytes_of_another_kind_are_no_layer():
    assert not is_layer(b"")
    assert not is_layer(b"\x01")
    with pytest.raises(ValueError, match="layer in an unknown format"):
        decode_layer(b"\x81\x90")
    with pytest.raises(ValueError, match="function in an unknown format"):
        decode_snapshot(encode_layer(published(None, publishing())))
