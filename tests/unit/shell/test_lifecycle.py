"""What a server says at its start; tests/acceptance/test_server.py has its whole life."""

import gc

import pytest

from headrace.shell.config import Config, ConfigError
from headrace.shell.lifecycle import (
    GC_THRESHOLDS,
    PROGRESS_FROM_BLOCKS,
    ProgressTeller,
    introduce,
    run,
    run_loop,
    tune_collector,
)
from headrace.testing.server import serve
from tests.unit.shell import talk


def test_a_long_load_is_told_ten_times():
    said = []
    tell = ProgressTeller(said.append)
    total = 3 * PROGRESS_FROM_BLOCKS
    for done in range(100, total + 1, 100):
        tell(done, total)
    assert len(said) == 10
    assert said[0] == "  reading   3,000 of 30,000 blocks of the journal"
    assert said[-1] == "  reading   30,000 of 30,000 blocks of the journal"


def test_a_short_load_is_not_told():
    said = []
    ProgressTeller(said.append)(5, PROGRESS_FROM_BLOCKS - 1)
    assert said == []


def test_a_server_introduces_itself():
    async def story():
        async with serve() as server:
            lines = introduce(server.app)
            assert lines[0].endswith(f"listens on http://127.0.0.1:{server.app.port}")
            assert lines[1:] == [
                "  data      memory",
                "  sandbox   none (minimum: process)",
                "  runtimes  none found",
            ]
        async with serve(Config(port=0, host="0.0.0.0", listen_publicly=True)) as server:
            assert "read every message and run code here" in introduce(server.app)[-1]
        async with serve(Config(port=0, host="::1")) as server:
            assert f"http://[::1]:{server.app.port}" in introduce(server.app)[0]

    talk.run(story())


def test_what_does_not_go_together_is_refused_before_anything_starts():
    with pytest.raises(ConfigError):
        run(Config(host="0.0.0.0"), print, print)


def test_a_coroutine_is_run_to_its_end():
    async def seven():
        return 7

    assert run_loop(seven()) == 7


def test_the_collector_looks_at_young_objects_rarely_and_at_old_ones_not_at_all():
    before = gc.get_threshold()
    try:
        tune_collector()
        assert gc.get_threshold() == GC_THRESHOLDS
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
