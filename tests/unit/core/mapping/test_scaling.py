"""How many batches at once: spec/esm.md 4.1, with whole numbers."""

from headrace.core.mapping import scaling


def climb(scale, now, until, maximum_concurrency=0):
    """Keep all slots taken from `now` to `until`."""
    scale = scaling.taken(scale, now)
    while scaling.next_growth(scale, now) <= until:
        now = scaling.next_growth(scale, now)
        scale = scaling.grown(scale, now, maximum_concurrency)
        if scale.limit >= scaling.ceiling(maximum_concurrency):
            break
    return scale


def test_starts_with_five_and_adds_three_hundred_a_minute():
    scale = scaling.start(0, 1_000)
    assert scale.limit == 5
    assert climb(scale, 1_000, 61_000).limit == 305


def test_ends_at_1250():
    assert climb(scaling.start(0, 0), 0, 10**9).limit == 1_250


def test_maximum_concurrency_is_the_ceiling_and_the_start():
    assert scaling.start(2, 0).limit == 2
    assert climb(scaling.start(8, 0), 0, 10**9, 8).limit == 8


def test_a_short_pause_costs_nothing_and_a_long_one_starts_a_new_step():
    scale = climb(scaling.start(0, 0), 0, 1_000)
    assert scale.grows_at == 1_200
    assert scaling.next_growth(scale, 1_150) == 1_200
    assert scaling.next_growth(scale, 1_300) == 1_300
    assert scaling.next_growth(scale, 1_401) == 1_601


def test_falls_a_slot_each_step_while_slots_are_free_and_never_below_what_is_in_hand():
    high = scaling.eased(climb(scaling.start(0, 0), 0, 20_000), 20_000)
    assert high.limit == 105
    assert scaling.fallen(high, 20_199, 0, 1).limit == 105
    assert scaling.fallen(high, 22_000, 0, 1).limit == 95
    assert scaling.fallen(high, 22_000, 0, 100).limit == 100
    assert scaling.fallen(high, 10**9, 0, 1).limit == 5
    assert scaling.fallen(high, 10**9, 3, 1).limit == 3


def test_falling_in_two_parts_is_falling_at_once():
    high = scaling.eased(climb(scaling.start(0, 0), 0, 20_000), 20_000)
    part = scaling.fallen(high, 20_500, 0, 1)
    assert scaling.fallen(part, 22_000, 0, 1) == scaling.fallen(high, 22_000, 0, 1)


def test_nothing_falls_while_all_slots_are_taken():
    busy = scaling.taken(scaling.start(0, 0), 0)
    assert scaling.fallen(busy, 10**9, 0, 1) == busy


def test_shrinks_to_one_and_falling_does_not_lift_it_again():
    scale = scaling.start(0, 0)
    for _ in range(9):
        scale = scaling.shrunk(scale)
    assert scale.limit == 1
    assert scaling.fallen(scale, 10**9, 0, 1).limit == 1


def test_a_lower_maximum_caps_at_once():
    assert scaling.capped(climb(scaling.start(0, 0), 0, 20_000), 2).limit == 2
