"""Doubling waits: spec/esm.md 4.3."""

from headrace.core.mapping.backoff import poll_again_after_ms, retry_after_ms


def test_retries_wait_1_2_4_to_32_seconds():
    assert [retry_after_ms(n) for n in range(1, 9)] == [
        1_000,
        2_000,
        4_000,
        8_000,
        16_000,
        32_000,
        32_000,
        32_000,
    ]


def test_receives_wait_1_to_60_seconds():
    waits = [poll_again_after_ms(n) for n in (1, 2, 6, 7, 8, 1_000_000)]
    assert waits == [1_000, 2_000, 32_000, 60_000, 60_000, 60_000]
