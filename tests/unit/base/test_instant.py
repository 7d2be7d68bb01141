"""Seconds become milliseconds here and nowhere else."""

from headrace.base.instant import Instant, later, ms_of_s, s_of_ms


def test_seconds_become_milliseconds_and_back_rounded_down():
    assert ms_of_s(43_200) == 43_200_000
    assert s_of_ms(1_999) == 1
    assert s_of_ms(ms_of_s(7)) == 7


def test_later_moves_an_instant():
    assert later(Instant(1_000), 500) == 1_500
