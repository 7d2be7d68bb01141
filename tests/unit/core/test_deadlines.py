"""A heap from which an entry can be withdrawn, against a plain dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from headrace.core.deadlines import Deadlines


def test_entries_come_out_when_due_earliest_first():
    deadlines = Deadlines()
    deadlines.put(2, 20)
    deadlines.put(1, 10)
    assert deadlines.next() == 10
    assert deadlines.take_due(9) is None
    assert deadlines.take_due(30) == (10, 1)
    assert deadlines.take_due(30) == (20, 2)
    assert deadlines.take_due(30) is None
    assert deadlines.next() is None


def test_a_withdrawn_or_replaced_entry_never_comes_out():
    deadlines = Deadlines()
    deadlines.put("a", 10)
    deadlines.put("a", 30)
    deadlines.put("b", 5)
    deadlines.withdraw("b")
    deadlines.withdraw("never there")
    assert "a" in deadlines
    assert "b" not in deadlines
    assert (deadlines.of("a"), deadlines.of("b")) == (30, None)
    assert deadlines.next() == 30
    assert deadlines.take_due(100) == (30, "a")
    assert len(deadlines) == 0


def test_memory_follows_the_number_of_keys():
    """A deadline that moves for ever does not make the heap grow for ever."""
    deadlines = Deadlines()
    for instant in range(10_000):
        deadlines.put(1, instant)
    assert len(deadlines._heap) <= 65
    assert deadlines.take_due(10_000) == (9_999, 1)


keys = st.integers(0, 5)
steps = st.one_of(
    st.tuples(st.just("put"), keys, st.integers(0, 50)),
    st.tuples(st.just("withdraw"), keys, st.just(0)),
    st.tuples(st.just("take"), st.just(0), st.integers(0, 50)),
)


@given(st.lists(steps, max_size=60))
def test_deadlines_equal_a_dictionary_that_is_searched(story):
    deadlines, model = Deadlines(), {}
    for what, key, instant in story:
        if what == "put":
            deadlines.put(key, instant)
            model[key] = instant
        elif what == "withdraw":
            deadlines.withdraw(key)
            model.pop(key, None)
        else:
            due = [(at, name) for name, at in model.items() if at <= instant]
            expected = min(due, default=None)
            assert deadlines.take_due(instant) == expected
            if expected is not None:
                del model[expected[1]]
        assert deadlines.next() == min(model.values(), default=None)
        assert len(deadlines) == len(model)


def test_the_keys_that_have_a_deadline_are_yielded():
    deadlines = Deadlines()
    for key in (3, 1, 2):
        deadlines.put(key, 10)
    deadlines.put(3, 20)
    deadlines.withdraw(1)
    assert list(deadlines) == [3, 2]
