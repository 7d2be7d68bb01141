"""Instants in Lambda's forms."""

from headrace.base.instant import Instant
from headrace.core.functions.instants import format_day, format_modified


def test_days_are_in_utc():
    assert format_day(Instant(0)) == "1970/01/01"
    assert format_day(Instant(1_795_046_399_999)) == "2026/11/18"
    assert format_day(Instant(1_795_046_400_000)) == "2026/11/19"


def test_last_modified_has_milliseconds_and_an_offset_without_colon():
    assert format_modified(Instant(1_795_046_400_007)) == "2026-11-19T00:00:00.007+0000"
