"""How many batches at once: spec/esm.md 4.1, with whole numbers."""

from headrace.core.mapping import scaling

PLAIN = scaling.bounds_of(0)


def climb(scale, now, until, bounds=PLAIN):
    """Keep all slots taken from `now` to `until`."""
    scale = scaling.taken(scale, bounds, now)
    while scaling.next_growth(scale, bounds, now) <= until:
        now = scaling.next_growth(scale, bounds, now)
        scale = scaling.grown(scale, bounds, now)
        if scale.limit >= bounds.most:
            break
    return scale


def climbed():
    return climb(scaling.start(PLAIN, 0), 0, 20_000)


def test_starts_with_five_and_adds_three_hundred_a_minute():
    scale = scaling.start(PLAIN, 1_000)
    assert scale.limit == 5
    assert climb(scale, 1_000, 61_000).limit == 305


def test_ends_at_1250():
    assert climb(scaling.start(PLAIN, 0), 0, 10**9).limit == 1_250


def test_maximum_concurrency_is_the_ceiling_and_the_start():
    assert scaling.start(scaling.bounds_of(2), 0).limit == 2
    eight = scaling.bounds_of(8)
    assert scaling.start(eight, 0).limit == 5
    assert climb(scaling.start(eight, 0), 0, 10**9, eight).limit == 8


def test_provisioned_pollers_bring_ten_each_and_a_thousand_a_minute():
    bounds = scaling.bounds_of(0, 3, 200)
    scale = scaling.start(bounds, 1_000)
    assert scale.limit == 30
    assert climb(scale, 1_000, 61_000, bounds).limit == 1_030
    assert climb(scale, 1_000, 10**9, bounds).limit == 2_000


def test_a_short_pause_costs_nothing_and_a_long_one_starts_a_new_step():
    scale = climb(scaling.start(PLAIN, 0), 0, 1_000)
    assert scale.grows_at == 1_200
    assert scaling.next_growth(scale, PLAIN, 1_150) == 1_200
    assert scaling.next_growth(scale, PLAIN, 1_300) == 1_300
    assert scaling.next_growth(scale, PLAIN, 1_401) == 1_601


def test_falls_a_slot_each_step_while_slots_are_free_and_never_below_what_is_in_hand():
    high = scaling.eased(climbed(), 20_000)
    assert high.limit == 105
    assert scaling.fallen(high, PLAIN, 20_199, 1).limit == 105
    assert scaling.fallen(high, PLAIN, 22_000, 1).limit == 95
    assert scaling.fallen(high, PLAIN, 22_000, 100).limit == 100
    assert scaling.fallen(high, PLAIN, 20_000 + 299_999, 1).limit == 5
    assert scaling.fallen(high, scaling.bounds_of(3), 10**9, 1).limit == 3
    assert scaling.fallen(high, scaling.bounds_of(0, 2, 50), 10**9, 1).limit == 20


def test_two_are_left_when_nothing_came_for_five_minutes_and_five_with_a_maximum():
    scale = scaling.start(PLAIN, 0)
    assert scaling.fallen(scale, PLAIN, 299_999, 1).limit == 5
    assert scaling.fallen(scale, PLAIN, 300_000, 1).limit == 2
    assert scaling.fallen(scale, PLAIN, 300_000, 4).limit == 4
    assert scaling.fallen(scale, scaling.bounds_of(8), 10**9, 1).limit == 5


def test_messages_now_and_then_are_not_quiet():
    scale = scaling.start(PLAIN, 0)
    for minute in range(1, 10):
        scale = scaling.fallen(scale, PLAIN, minute * 60_000, 1)
    assert scale.limit == 5


def test_falling_in_two_parts_is_falling_at_once():
    high = scaling.eased(climbed(), 20_000)
    part = scaling.fallen(high, PLAIN, 20_500, 1)
    assert scaling.fallen(part, PLAIN, 22_000, 1) == scaling.fallen(high, PLAIN, 22_000, 1)


def test_nothing_falls_while_all_slots_are_taken():
    busy = scaling.taken(scaling.start(PLAIN, 0), PLAIN, 0)
    assert scaling.fallen(busy, PLAIN, 10**9, 1) == busy


def test_shrinks_to_what_a_quiet_mapping_keeps_and_falling_does_not_lift_it_again():
    for bounds, least in ((PLAIN, 2), (scaling.bounds_of(8), 5), (scaling.bounds_of(0, 2, 9), 20)):
        scale = scaling.start(bounds, 0)
        for _ in range(9):
            scale = scaling.shrunk(scale, bounds)
        assert scale.limit == least
        assert scaling.fallen(scale, bounds, 10**9, 1).limit == least


def test_shrinking_never_adds_a_slot():
    two = scaling.Scale(2, 0, None)
    assert scaling.shrunk(two, scaling.bounds_of(8)).limit == 2


def test_a_fifo_queues_mapping_grows_at_once():
    bounds = scaling.bounds_of(0, is_fifo=True)
    assert climb(scaling.start(bounds, 0), 0, 0, bounds).limit == 1_250
    bounds = scaling.bounds_of(7, is_fifo=True)
    assert climb(scaling.start(bounds, 0), 0, 0, bounds).limit == 7


def test_a_lower_maximum_caps_at_once_and_more_pollers_start_at_once():
    assert scaling.rebound(climbed(), PLAIN, scaling.bounds_of(2)).limit == 2
    assert scaling.rebound(climbed(), PLAIN, scaling.bounds_of(0, 20, 200)).limit == 200
    small = scaling.shrunk(scaling.start(PLAIN, 0), PLAIN)
    assert scaling.rebound(small, PLAIN, PLAIN).limit == 4
