"""Layers are merged into /opt, at every level."""

from headrace.ports.sandbox import Layer
from tests.unit.sandbox.bench import answer, make_archive
from tests.unit.sandbox.programs import bootstrap


def layers(folder, *contents):
    return tuple(Layer(*make_archive(folder, files)) for files in contents)


def test_a_function_finds_its_layers_merged(bench, tmp_path):
    given = layers(
        tmp_path,
        {"python/shared.py": "A = 1\n", "data": "first"},
        {"python/other.py": "B = 2\n", "data": "second"},
    )
    source = (
        "import other, shared\n"
        "def handler(e, c):\n"
        "    base = other.__file__.split('/python/')[0]\n"
        "    try: open(base + '/new', 'w')\n"
        "    except OSError: e = 'read-only'\n"
        "    return [shared.A, other.B, open(base + '/data').read(), e, base]\n"
    )

    async def story():
        async with bench:
            outcome = await bench.call(source, layers=given)
            one, two, data, writable, base = answer(outcome)
            assert (one, two, data) == (1, 2, "second")
            if bench.box.level != "process":
                assert writable == "read-only"
            if bench.box.level in {"namespace", "strict"}:
                assert base == "/opt"

    bench.run(story())


def test_a_layers_pth_files_are_obeyed(bench, tmp_path):
    """AWS's runtime takes the folders of layers as Python's site folders."""
    packages = "python/lib/python3.11/site-packages"
    given = layers(
        tmp_path,
        {
            f"{packages}/more.pth": "more\nimport sys; sys.began = True\n",
            f"{packages}/more/farther.py": "A = 1\n",
            f"{packages}/nearer.py": "A = 2\n",
            "python/nearer.py": "A = 3\n",
        },
    )
    source = (
        "import farther, nearer, os, sys\n"
        "def handler(e, c):\n"
        "    return [farther.A, nearer.A, sys.began, sys.path[0] == os.getcwd()]\n"
    )

    async def story():
        async with bench:
            assert answer(await bench.call(source, layers=given)) == [1, 2, True, True]

    bench.run(story())


def test_a_layer_may_bring_the_bootstrap(bench, tmp_path):
    program = bootstrap("def handle(event, headers):\n    return [event, sys.argv[0]]\n")

    async def story():
        async with bench:
            given = layers(tmp_path, program)
            outcome = await bench.call({"data": ""}, 1, runtime="provided.al2023", layers=given)
            event, path = answer(outcome)
            assert event == 1
            assert path.endswith("/bootstrap")

    bench.run(story())
