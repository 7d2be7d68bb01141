"""Publish, show, list and delete layer versions."""

import pytest

from headrace.core.functions.commands import GetAccount, ListLayers, ListLayerVersions
from headrace.core.functions.replies import Done
from headrace.core.functions.runtimes import LISTABLE, OFFERED
from headrace.core.functions.settings import Code
from tests.unit.core.functions.bench import ACCOUNT, EPOCH, REGION, Bench, bench_with_function
from tests.unit.core.functions.layerbench import (
    CONTENT,
    OTHER,
    allow,
    delete,
    get,
    layer,
    listed,
    publish,
    versions,
)


def test_each_publishing_makes_another_version_though_nothing_differs():
    bench = Bench()
    first = publish(bench, description="d", license_info="MIT")
    assert (first.version.number, first.version.content) == (1, CONTENT)
    assert first.arn == f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared"
    assert (first.version.description, first.version.license_info) == ("d", "MIT")
    assert first.version.created_at == EPOCH
    assert publish(bench).version.number == 2
    assert get(bench, 1).version == first.version


def test_numbers_are_not_used_again():
    bench = Bench()
    publish(bench)
    publish(bench)
    delete(bench, 1)
    delete(bench, 2)
    assert listed(bench) == ([], False)
    assert publish(bench).version.number == 3


def test_what_the_caller_did_not_say_is_not_known():
    bench = Bench()
    shown = publish(bench, runtimes=(), architectures=())
    assert (shown.version.runtimes, shown.version.architectures) == ((), ())
    shown = publish(bench)
    assert (shown.version.runtimes, shown.version.architectures) == (None, None)


def test_retired_runtimes_are_good():
    shown = publish(Bench(), runtimes=("java8", "go1.x", "python2.7", "provided"))
    assert shown.version.runtimes == ("java8", "go1.x", "python2.7", "provided")


def test_unknown_runtimes_and_architectures_are_refused_in_one_sentence():
    bench = Bench()
    refusal = publish(bench, runtimes=("python3.12", "fortran"), architectures=("vax",))
    assert refusal.code == "ValidationException"
    assert refusal.message == (
        "2 validation errors detected: Value '[python3.12, fortran]' at 'compatibleRuntimes' "
        "failed to satisfy constraint: Member must satisfy enum value set: "
        f"[{', '.join(OFFERED)}]; Value '[vax]' at 'compatibleArchitectures' failed to satisfy "
        "constraint: Member must satisfy constraint: [Member must satisfy enum value set: "
        "[x86_64, arm64], Member must not be null]"
    )
    assert listed(bench) == ([], False)


def test_nobody_publishes_deletes_or_lists_for_another_account():
    bench = Bench()
    publish(bench)
    for refusal, action, target in (
        (delete(bench, caller=OTHER), "DeleteLayerVersion", layer().arn),
        (
            bench.ask(ListLayerVersions(OTHER, layer())),
            "ListLayerVersions",
            layer().arn,
        ),
    ):
        assert refusal.code == "AccessDeniedException"
        assert f"lambda:{action} on resource: {target} " in refusal.message
    assert versions(bench) == ([1], False)


@pytest.mark.parametrize("number", [0, -1])
def test_numbers_below_one_are_refused(number):
    bench = Bench()
    publish(bench)
    for refusal in (get(bench, number), delete(bench, number)):
        assert refusal.code == "InvalidParameterValueException"
        assert refusal.message == "Layer Version Cannot be less than 1"


def test_what_is_not_there_is_not_found_and_can_be_deleted_again_and_again():
    bench = Bench()
    publish(bench)
    for refusal in (get(bench, 2), get(bench, name="other"), get(bench, region="us-east-1")):
        assert refusal.code == "ResourceNotFoundException"
        assert refusal.message == "The resource you requested does not exist."
    for _ in range(2):
        assert delete(bench) == Done()
    assert len(bench.records) == 2


def test_another_account_sees_what_its_policy_allows():
    bench = Bench()
    publish(bench)
    refusal = get(bench, caller=OTHER)
    assert refusal.code == "AccessDeniedException"
    allow(bench, "*")
    assert get(bench, caller=OTHER).version.number == 1


def test_layers_are_listed_by_name_with_their_newest_version():
    bench = Bench()
    for name in ("b", "a", "b", "c"):
        publish(bench, name)
    assert listed(bench) == ([("a", 1), ("b", 2), ("c", 1)], False)
    assert listed(bench, at_most=2) == ([("a", 1), ("b", 2)], True)
    assert listed(bench, after="b", at_most=1) == ([("c", 1)], False)
    publish(bench, "b", caller=OTHER)
    assert listed(bench)[0][1] == ("b", 2)


def test_lists_show_what_is_for_a_runtime_and_an_architecture():
    bench = Bench()
    publish(bench, runtimes=("python3.12",), architectures=("x86_64",))
    publish(bench, runtimes=("python3.12", "python3.13"), architectures=("arm64",))
    publish(bench)
    assert listed(bench, runtime="python3.12") == ([("shared", 2)], False)
    assert listed(bench, architecture="x86_64") == ([("shared", 1)], False)
    assert listed(bench, runtime="python3.13", architecture="x86_64") == ([], False)
    assert versions(bench, runtime="python3.12") == ([2, 1], False)


def test_versions_are_listed_newest_first():
    bench = Bench()
    assert versions(bench) == ([], False)
    for _ in range(3):
        publish(bench)
    assert versions(bench, at_most=2) == ([3, 2], True)
    assert versions(bench, before=2, at_most=2) == ([1], False)


def test_lists_refuse_runtimes_that_never_were():
    bench = Bench()
    refusals = (
        bench.ask(ListLayers(ACCOUNT, REGION, runtime="fortran")),
        bench.ask(ListLayerVersions(ACCOUNT, layer(), runtime="fortran")),
    )
    for refusal in refusals:
        assert refusal.message == (
            "1 validation error detected: Value 'fortran' at 'compatibleRuntime' failed to "
            f"satisfy constraint: Member must satisfy enum value set: [{', '.join(LISTABLE)}]"
        )


def test_the_account_pays_for_each_version():
    bench = bench_with_function()
    before = bench.ask(GetAccount(ACCOUNT, REGION)).code_bytes
    publish(bench)
    publish(bench, content=Code("2b" * 32, 7))
    assert bench.ask(GetAccount(ACCOUNT, REGION)).code_bytes == before + 107


def test_a_link_gives_the_archive_of_a_version():
    bench = Bench()
    path, _, query = publish(bench).link.partition("?")
    assert bench.room.code_digest(path, query, bench.now) == CONTENT.digest
    assert bench.room.code_digest(path, query + "0", bench.now) is None
    assert bench.room.code_digest(path.replace("shared", "other"), query, bench.now) is None
