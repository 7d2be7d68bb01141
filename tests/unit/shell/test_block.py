"""The block that is being filled: what it holds, how large it is, what is sealed."""

from headrace.core.machine import Forget, Remember, Reply
from headrace.core.sqs.records import MessagesSent
from headrace.shell.block import RECORD_BYTES, OpenBlock
from headrace.store.codec import HeadReader, bodies_count_of, decode_bodies

SENT = MessagesSent(16, 1_000, 7, [0], 2)


def test_bodies_lie_under_the_records_machine_and_following_numbers():
    block = OpenBlock(5)
    block.add(Remember(SENT, 7, (b"a", b"bc")))
    block.add_body(99, 3, b"moved")
    assert block.keys == [(16, 7), (16, 8), (99, 3)]
    assert block.bodies_size == 8
    assert block.size == 8 + RECORD_BYTES


def test_what_is_sealed_decodes_to_what_was_added():
    block = OpenBlock(5)
    block.add(Remember(SENT, 7, (b"a", b"bc")))
    sealed = block.seal(2_000)
    assert (sealed.seq, sealed.at) == (5, 2_000)
    assert HeadReader([MessagesSent]).records(sealed.head, 5, sealed.format) == [SENT]
    assert bodies_count_of(sealed.head) == 2
    assert decode_bodies(sealed.bodies, 5).bodies == {(16, 7): b"a", (16, 8): b"bc"}


def test_replies_and_forgets_use_a_block_and_write_nothing():
    block = OpenBlock(5)
    assert not block.is_used
    block.replies.append((1, Reply(1, "x")))
    assert block.is_used
    assert not block.has_records
    other = OpenBlock(6)
    other.forgets.append(Forget(1, 1))
    assert other.is_used
    assert not other.has_records


def test_bodies_without_a_record_are_written_too():
    """A command behind `add_bodies` may be refused; the next one must still find the bodies."""
    block = OpenBlock(5)
    block.add_body(16, 1, b"moved")
    assert block.has_records
