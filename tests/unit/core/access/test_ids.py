"""Ids as IAM makes them."""

import re

from headrace.core.access.ids import make_id


def test_an_id_derives_from_seed_and_kind():
    assert re.fullmatch(r"AROA[A-Z2-7]{16}A", make_id("AROA", b"s"))
    assert make_id("AROA", b"s") == make_id("AROA", b"s")
    assert make_id("AROA", b"s")[4:] != make_id("ANPA", b"s")[4:]
    assert make_id("AROA", b"s") != make_id("AROA", b"t")
