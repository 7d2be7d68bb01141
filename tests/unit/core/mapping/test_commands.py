"""What a polled message weighs."""

import msgspec

from headrace.core.mapping.commands import MessageAttribute
from tests.unit.core.mapping.story import message


def test_a_message_is_as_long_as_what_its_sender_wrote():
    plain = message("a", "hello")
    assert plain.length == 5
    attributes = (MessageAttribute("n", "Number", "12"), MessageAttribute("b", "Binary", b"\0" * 7))
    assert msgspec.structs.replace(plain, attributes=attributes).length == 14
