"""The attempts of hostile.py made out of a container image: each ends as the table says.

At `namespace` and `strict`, as below no image's function is started (test_images.py).
"""

import io
import os
import sys
import tarfile
from pathlib import Path

import pytest

from tests.conformance.sandbox.attempts import ATTEMPTS, NOT_BY_IMAGES, expected
from tests.conformance.sandbox.test_hostile import HOSTILE, Prey, user_of
from tests.conformance.sandbox.test_images import image
from tests.unit.sandbox.bench import open_to_all
from tests.unit.sandbox.image_files import make_layer, make_oci, program, python_layer

#: Their environments do not live on, or are not fit for the next attempt.
LAST = (
    "spawn_without_end",
    "pile_up_zombies",
    "take_memory",
    "take_memory_in_files",
    "fill_disk",
    "use_up_inodes",
    "kill_the_keeper",
    "stay_after_the_end",
    "stay_after_the_time_limit",
    "run_while_frozen",
)
SOURCE = HOSTILE + "\ndef handle(event, headers):\n    return handler(event, None)\n"


@pytest.fixture(scope="module", params=["namespace", "strict"])
def level(request):
    """The levels that start an image's function."""
    return request.param


@pytest.fixture(scope="module")
def attackers_image(tmp_path_factory):
    """An image with the attempts, and with a set-user-id program of its own."""
    folder = tmp_path_factory.mktemp("image") / "oci"
    make_oci(folder, [python_layer(), make_layer(program(SOURCE)), layer_with_rights()])
    return image(f"oci:{folder}")


@pytest.fixture
def prey(bench, tmp_path, attackers_image):
    """What is aimed at."""
    open_to_all(tmp_path)
    return Prey(
        bench,
        tmp_path,
        "",
        image=attackers_image,
        runtime="image",
        handler="",
        code_archive="",
        code_digest="",
    )


def layer_with_rights():
    """Return a layer with a program that gives whoever runs it its owner's rights, root's."""
    content = Path(os.path.realpath(sys.executable)).read_bytes()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("bin/su")
        entry.mode, entry.uid, entry.size = 0o4755, 0, len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


async def surprises(prey, attempts, level):
    """Make attempts one after the other in one environment for each network.

    Return the names of those that end otherwise than the table says, and how they do.
    """
    posture = prey.bench.box._posture
    attackers, found = {}, []
    for attempt in attempts:
        alone = attempt.name.endswith("without_network")
        if alone not in attackers:
            attackers[alone] = await prey.send_attacker(attempt.name)
        ended = await prey.watch(attempt.name, attackers[alone], level)
        wanted = expected(attempt, posture, user_of(prey.neighbour.processes.pid), image=True)
        if ended != wanted:
            found.append((attempt.name, ended))
    for attacker in attackers.values():
        await attacker.kill()
    assert await prey.ask() == prey.shown
    return found


def test_what_leaves_an_environment_alive_ends_as_the_table_says(bench, prey, level):
    attempts = [one for one in ATTEMPTS if one.name not in LAST + NOT_BY_IMAGES]

    async def story():
        async with bench, prey:
            assert await surprises(prey, attempts, level) == []

    bench.run(story())


@pytest.mark.parametrize(
    "attempt", [one for one in ATTEMPTS if one.name in LAST], ids=lambda one: one.name
)
def test_what_may_end_one_ends_as_the_table_says(bench, prey, level, attempt):
    async def story():
        async with bench, prey:
            assert await surprises(prey, [attempt], level) == []

    bench.run(story())
