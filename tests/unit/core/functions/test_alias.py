"""Which version an invoke through an alias goes to."""

from collections import Counter

from headrace.core.functions.alias import WEIGHT_SCALE, Alias, choose_version


def alias(name="live", **weights):
    shares = {version[1:]: share for version, share in weights.items()}
    return Alias(name, "1", "", shares, bytes(16))


def test_without_weights_it_is_the_aliass_version():
    assert choose_version(alias(), "any") == "1"


def test_a_weight_gets_its_share_and_the_version_the_rest():
    split = alias(v2=WEIGHT_SCALE // 4)
    seen = Counter(choose_version(split, f"request-{number}") for number in range(4_000))
    assert set(seen) == {"1", "2"}
    assert 900 < seen["2"] < 1_100


def test_nothing_and_everything_are_exact():
    ids = [f"request-{number}" for number in range(100)]
    assert {choose_version(alias(v2=0), id) for id in ids} == {"1"}
    assert {choose_version(alias(v2=WEIGHT_SCALE), id) for id in ids} == {"2"}


def test_the_same_request_goes_the_same_way_and_another_alias_splits_differently():
    ids = [f"request-{number}" for number in range(100)]
    half = WEIGHT_SCALE // 2
    first = [choose_version(alias(v2=half), id) for id in ids]
    assert first == [choose_version(alias(v2=half), id) for id in ids]
    assert first != [choose_version(alias("next", v2=half), id) for id in ids]
