"""Commits and lateness, measured."""

import asyncio
from types import SimpleNamespace

from headrace.shell import meter as meters
from headrace.shell.meter import Meter, resident_bytes


def meter_of():
    driver = SimpleNamespace(on_block_sealed=[], on_block_durable=[])
    meter = Meter(driver)
    times = iter((1_000_000, 4_000_000))
    meter._read_ns = lambda: next(times)
    return driver, meter


def test_a_commit_is_timed_and_what_it_wrote_is_counted():
    driver, meter = meter_of()
    for hear in driver.on_block_sealed:
        hear(SimpleNamespace(records=[1, 2], bodies_size=7))
    for hear in driver.on_block_durable:
        hear(SimpleNamespace(head=b"abc"))
    assert (meter.records, meter.body_bytes, meter.head_bytes) == (2, 7, 3)
    assert meter.commit_us.total == 3_000


def test_the_loop_is_looked_at_until_it_is_not(monkeypatch):
    monkeypatch.setattr(meters, "LOOK_EVERY_S", 0)

    async def story():
        _, meter = meter_of()
        meter.stop()
        meter.start()
        async with asyncio.timeout(10):
            while sum(meter.late_us.counts) < 3:
                await asyncio.sleep(0)
        meter.stop()
        seen = sum(meter.late_us.counts)
        for _ in range(20):
            await asyncio.sleep(0)
        assert sum(meter.late_us.counts) == seen

    asyncio.run(story())


def test_memory_is_told_where_the_system_tells(monkeypatch, tmp_path):
    monkeypatch.setattr(meters, "_STATUS", tmp_path / "none")
    assert resident_bytes() == 0
    (tmp_path / "statm").write_text("900 2 3")
    monkeypatch.setattr(meters, "_STATUS", tmp_path / "statm")
    assert resident_bytes() % 2 == 0 < resident_bytes()
