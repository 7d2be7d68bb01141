"""The window of deduplication ids: exact to the millisecond, and bounded (spec/sqs.md 5.2)."""

from headrace.core.sqs.deduplication import KEY_BYTES, SLACK, Window, key_of
from tests.unit.core.sqs.bench import written

FIVE_MINUTES = 300_000


def test_a_key_is_of_its_id_and_its_scope():
    keys = {key_of("a", None), key_of("a", "a"), key_of("aa", None), key_of("a", "aa")}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {KEY_BYTES}
    # A pair, not a concatenation (13.3).
    assert key_of("bc", "a") != key_of("c", "ab")


def test_a_key_is_found_for_five_minutes():
    window = Window()
    window.add(key_of("a", None) + key_of("b", None), 7, 1_000)
    assert window.find(key_of("b", None), 1_000 + FIVE_MINUTES - 1) == 8
    assert window.find(key_of("b", None), 1_000 + FIVE_MINUTES) is None
    assert window.find(key_of("c", None), 1_000) is None


def test_an_id_may_come_again_before_its_old_entry_has_gone():
    window = Window()
    key = key_of("a", None)
    window.add(key, 1, 0)
    window.add(key, 2, FIVE_MINUTES)
    window.add(key_of("b", None), 3, FIVE_MINUTES + 1)
    assert window.find(key, FIVE_MINUTES + 1) == 2


def test_it_shrinks_with_what_is_added():
    window = Window()
    for number in range(4 * SLACK):
        window.add(key_of(str(number), None), number, number)
    for number in range(4 * SLACK):
        window.add(key_of(f"later {number}", None), number, FIVE_MINUTES * 2 + number)
    assert len(window.places) == 4 * SLACK
    assert len(window._keys) // KEY_BYTES < 10 * SLACK
    assert window.find(key_of("later 9", None), FIVE_MINUTES * 2) == 9


def test_what_is_over_is_not_written():
    """By the newest instant that a record remembers, however much has really gone."""
    window, other = Window(), Window()
    window.add(b"".join(key_of(str(number), None) for number in range(100)), 1, 0)
    window.add(key_of("new", None), 101, 5)
    window.let_go(FIVE_MINUTES)
    columns = written(window.encode())
    assert len(columns[0]) == KEY_BYTES
    other.decode(columns)
    assert written(other.encode()) == columns
    assert other.find(key_of("new", None), FIVE_MINUTES + 4) == 101
    assert other.find(key_of("new", None), FIVE_MINUTES + 5) is None
