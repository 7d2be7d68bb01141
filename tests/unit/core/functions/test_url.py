"""Function URLs as stored."""

import re

from headrace.core.functions.url import derived_url_id


def test_an_id_is_32_letters_and_digits_that_follow_from_the_seed():
    made = derived_url_id(b"s" * 16)
    assert re.fullmatch("[a-z0-9]{32}", made)
    assert made == derived_url_id(b"s" * 16) != derived_url_id(b"t" * 16)
