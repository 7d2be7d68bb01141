"""Layers of functions: which they may have, and that they keep what they have."""

import msgspec

from headrace.core.functions.commands import PublishVersion
from headrace.core.functions.effects import StartEnvironment
from headrace.core.functions.settings import Code, LayerUse
from tests.unit.core.functions.bench import REGION, bench_with_function, creation, reference
from tests.unit.core.functions.layerbench import (
    CONTENT,
    OTHER,
    allow,
    arn,
    delete,
    publish,
    use,
)


def layers_of(bench, qualifier=None):
    return bench.show(qualifier=qualifier).view.settings.layers


def used(version=1, name="shared", **place):
    return LayerUse(arn(version, name, **place), CONTENT.digest, 100, 1_000)


def test_a_function_has_layers_in_their_order():
    bench = bench_with_function()
    publish(bench)
    publish(bench, "other")
    use(bench, arn(1, "other"), arn())
    assert layers_of(bench) == (used(1, "other"), used())
    bench.send()
    started = bench.of(StartEnvironment)[-1]
    assert [one.arn for one in started.deployment.settings.layers] == [arn(1, "other"), arn()]


def test_an_update_that_does_not_speak_of_layers_keeps_them_and_an_empty_list_clears():
    bench = bench_with_function()
    publish(bench)
    use(bench, arn())
    bench.update_settings(layers=layers_of(bench), timeout_s=9)
    assert layers_of(bench) == (used(),)
    bench.update_code()
    assert layers_of(bench) == (used(),)
    use(bench)
    assert layers_of(bench) == ()


def test_a_function_may_be_created_with_layers():
    bench = bench_with_function()
    publish(bench)
    command = msgspec.structs.replace(creation("other"), layers=(arn(),))
    assert bench.ask(command).view.settings.layers == (used(),)


def test_a_deleted_version_stays_with_those_who_have_it():
    bench = bench_with_function()
    publish(bench)
    publish(bench, "other", content=Code("3c" * 32, 1))
    use(bench, arn())
    delete(bench)
    assert layers_of(bench) == (used(),)
    assert CONTENT.digest in bench.room.code_digests()
    use(bench, arn(), arn(1, "other"))
    assert layers_of(bench)[0] == used()
    use(bench)
    bench.update_settings()  # Until then the settings before are remembered.
    assert CONTENT.digest not in bench.room.code_digests()
    assert "3c" * 32 in bench.room.code_digests()
    assert use(bench, arn()).message == f"Layer version {arn()} does not exist."


def test_what_serves_until_an_update_has_settled_keeps_its_layers():
    bench = bench_with_function(preparation_ms=100)
    bench.sleep(100)
    publish(bench)
    use(bench, arn())
    bench.sleep(100)
    delete(bench)
    use(bench)
    assert CONTENT.digest in bench.room.code_digests()


def test_at_most_five():
    bench = bench_with_function()
    names = [f"l{number}" for number in range(6)]
    for name in names:
        publish(bench, name)
    refusal = use(bench, *(arn(1, name) for name in names))
    assert refusal.message == "Cannot reference more than 5 layers."
    use(bench, *(arn(1, name) for name in names[:5]))
    assert len(layers_of(bench)) == 5


def test_two_versions_of_one_layer_are_refused_naming_the_first_two():
    bench = bench_with_function()
    for _ in range(3):
        publish(bench)
    text = (
        "Two different versions of the same layer are not allowed to be referenced in the same "
        "function. {} and {} are versions of the same layer."
    )
    assert use(bench, arn(1), arn(2), arn(3)).message == text.format(arn(1), arn(2))
    assert use(bench, arn(1), arn(1)).message == text.format(arn(1), arn(1))
    assert layers_of(bench) == ()


def test_layers_that_are_not_there_are_refused():
    bench = bench_with_function()
    foreign = "arn:aws:lambda:::awslayer:AmazonLinux1803"
    vendor = arn(7, "datadog", account="464622532012")
    for one in (arn(), foreign, vendor):
        refusal = use(bench, one)
        assert refusal.code == "InvalidParameterValueException"
        assert refusal.message == f"Layer version {one} does not exist."


def test_layers_of_another_region_are_refused():
    refusal = use(bench_with_function(), arn(region="us-east-1"))
    assert refusal.message == (
        "Layers are not in the same region as the function. Layers are expected to be in region "
        f"{REGION}."
    )


def test_layers_of_another_account_need_its_permission():
    bench = bench_with_function()
    publish(bench, caller=OTHER)
    target = arn(account=OTHER)
    refusal = use(bench, target)
    assert refusal.code == "AccessDeniedException"
    assert f"lambda:GetLayerVersion on resource: {target} " in refusal.message


def test_permissions_for_all_for_the_account_and_for_an_organization():
    bench = bench_with_function()
    publish(bench)
    stranger = msgspec.structs.replace(creation("s"), layers=(arn(),))
    target = msgspec.structs.replace(stranger.reference, account=OTHER)
    stranger = msgspec.structs.replace(stranger, reference=target)
    allow(bench, "*", "organization", organization_id="o-a1b2c3d4e5")
    allow(bench, "111111111111", "another")
    assert bench.ask(stranger).code == "AccessDeniedException"
    allow(bench, OTHER, "this")
    assert bench.ask(stranger).view.settings.layers == (used(),)


def test_code_and_layers_together_are_at_most_250_megabytes_unzipped():
    bench = bench_with_function()
    publish(bench, content=Code("5e" * 32, 9, 262_143_000))
    use(bench, arn())
    refusal = bench.update_code(code=Code("6f" * 32, 9, 1_001))
    assert refusal.message == "Unzipped size must be smaller than 262144000 bytes"
    bench.update_code(code=Code("6f" * 32, 9, 1_000))
    publish(bench, "more")
    refusal = use(bench, arn(), arn(1, "more"))
    assert refusal.message == "Unzipped size must be smaller than 262144000 bytes"
    assert len(layers_of(bench)) == 1


def test_a_published_version_keeps_its_layers():
    bench = bench_with_function()
    publish(bench)
    use(bench, arn())
    bench.ask(PublishVersion(reference(), b"v" * 16))
    use(bench, seed=b"w" * 16)
    assert layers_of(bench, "1") == (used(),)
    assert layers_of(bench) == ()
