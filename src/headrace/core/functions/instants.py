"""Instants as Lambda writes them: days of log streams, times of log records, LastModified."""

from datetime import UTC, datetime, timedelta

from headrace.base.instant import Instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def format_day(instant: Instant) -> str:
    """Return the day in UTC, "2026/11/23"."""
    return f"{_EPOCH + timedelta(milliseconds=instant):%Y/%m/%d}"


def format_moment(instant: Instant) -> str:
    """Return date and time in UTC, "2026-11-23T06:37:12.345Z" (spec/lambda.md 5.2)."""
    moment = _EPOCH + timedelta(milliseconds=instant)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{instant % 1_000:03d}Z"


def format_modified(instant: Instant) -> str:
    """Return date and time in UTC, "2026-11-23T06:37:12.345+0000" (spec/lambda.md W6)."""
    moment = _EPOCH + timedelta(milliseconds=instant)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{instant % 1_000:03d}+0000"
