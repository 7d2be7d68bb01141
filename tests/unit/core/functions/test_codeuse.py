"""What functions run on, and when something of it is needed no more."""

from types import SimpleNamespace

import msgspec
import pytest

from headrace.core.functions.codeuse import CodeInUse, code_in_use
from headrace.core.functions.commands import DeleteFunction, PublishVersion
from headrace.core.functions.effects import DropCode
from headrace.core.functions.settings import Code, Image, LayerUse
from tests.unit.core.functions.bench import CODE, bench_with_function, creation, reference

OTHER = Code("cd" * 32, 300)
LAYERS = tuple(LayerUse(f"arn:{digest}", digest * 32, 1, 1) for digest in ("11", "22"))


@pytest.fixture
def bench():
    return bench_with_function()


def archives(bench):
    return bench.room.code_in_use().archives


def test_every_kind_of_code_is_in_use_while_a_function_has_it(bench):
    for name, code in {
        "folder": Code("00" * 32, 0, folder="/home/me/app"),
        "image": Code("ee" * 32, 0, image=Image("oci:/i", "oci:/i@x", "x86_64")),
    }.items():
        command = creation(name)
        bench.ask(type(command)(command.reference, command.settings, code, {}, command.seed))
    found = bench.room.code_in_use()
    assert found.archives == {CODE.digest}
    assert (found.folders, found.images) == ({"/home/me/app"}, {"ee" * 32})
    for name in ("folder", "image"):
        bench.ask(DeleteFunction(reference(name)))
        assert bench.of(DropCode)
    nothing = frozenset()
    assert bench.room.code_in_use() == CodeInUse({CODE.digest}, nothing, nothing, nothing)


def test_layers_are_in_use_by_themselves_and_in_their_order(bench):
    function = bench.room.directory.functions[bench.records[0].machine]
    version = function.latest
    settings = msgspec.structs.replace(version.settings, layers=LAYERS)
    layered = msgspec.structs.replace(version, settings=settings)
    owner = SimpleNamespace(versions={"$LATEST": layered})
    found = code_in_use([owner], bench.now)
    assert found.archives == {CODE.digest, "11" * 32, "22" * 32}
    assert found.layers == {("11" * 32, "22" * 32)}


def test_code_that_was_replaced_is_in_use_until_the_update_has_settled():
    bench = bench_with_function(preparation_ms=1_000)
    bench.sleep(1_000)
    bench.update_code(code=OTHER)
    assert not bench.of(DropCode)
    assert archives(bench) == {CODE.digest, OTHER.digest}
    bench.sleep(1_000)
    assert bench.of(DropCode)
    assert archives(bench) == {OTHER.digest}


def test_a_published_version_keeps_its_code(bench):
    bench.ask(PublishVersion(reference(), bytes(16)))
    bench.update_code(code=OTHER)
    assert archives(bench) == {CODE.digest, OTHER.digest}
    bench.ask(DeleteFunction(reference(qualifier="1")))
    assert bench.of(DropCode)
    assert archives(bench) == {OTHER.digest}


def test_a_new_function_drops_nothing(bench):
    bench.ask(creation("other"))
    assert not bench.of(DropCode)
