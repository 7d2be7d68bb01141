"""Text of strangers on a terminal."""

import pytest

from headrace.base.terminal import harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ä 漢 🙂", "plain ä 漢 🙂"),
        ("no\u00a0break", "no\u00a0break"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("one\ntwo\r\u2028three", "one\\ntwo\\r\\u2028three"),
        ("\x9b1m\u202eback\ud800", "\\x9b1m\\u202eback\\ud800"),
    ],
)
def test_what_a_terminal_obeys_is_escaped(text, shown):
    assert harmless(text) == shown
