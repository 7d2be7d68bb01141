"""Which layers there are, and that a room finds them again."""

from headrace.core.functions.functions import Functions
from headrace.core.functions.layerbook import LayerBook
from headrace.core.machine import Numbers
from tests.unit.core.functions.bench import ACCOUNT, PYTHON, REGION, SEED, Bench
from tests.unit.core.functions.layerbench import CONTENT, allow, delete, layer, publish


def test_an_empty_book_knows_nothing():
    book = LayerBook()
    assert book.number(ACCOUNT, REGION, "shared") is None
    assert book.seed(ACCOUNT, REGION, "shared") is None
    assert book.find(layer(version=1)) is None
    assert list(book.of_account(ACCOUNT, REGION)) == []
    assert book.content_digests() == set()


def test_layers_are_found_by_name_and_version():
    bench = Bench()
    publish(bench)
    book = bench.room.directory.layers
    number, found, version = book.find(layer(version=1))
    assert (book.layers[number], version) == (found, found.versions[1])
    assert book.find(layer(version=2)) is None
    assert book.seed(ACCOUNT, REGION, "shared") == SEED
    assert book.content_digests() == {CONTENT.digest}


def test_a_room_finds_its_layers_again_from_records_or_snapshots():
    bench = Bench()
    publish(bench)
    publish(bench)
    allow(bench, version=2)
    delete(bench, 1)
    (number,) = bench.room.machines()
    replayed = Functions(Numbers(), [PYTHON])
    for record in bench.records:
        replayed.replay(record, 1)
    loaded = Functions(Numbers(), [PYTHON])
    loaded.load(number, bench.room.snapshot(number))
    for room in (replayed, loaded):
        assert room.snapshot(number) == bench.room.snapshot(number)
        assert room.directory.layers.number(ACCOUNT, REGION, "shared") == number
