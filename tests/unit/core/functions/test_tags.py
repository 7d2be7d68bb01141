"""A function's tags."""

from headrace.core.functions.commands import ListTags, TagFunction, UntagFunction
from headrace.core.functions.replies import Done
from tests.unit.core.functions.bench import ARN, Bench, bench_with_function, reference


def tags_of(bench):
    return bench.ask(ListTags(reference())).tags


def test_tags_are_added_replaced_and_taken_away():
    bench = bench_with_function()
    assert tags_of(bench) == {}
    assert bench.ask(TagFunction(reference(), {"a": "1", "b": "2"}, bytes(16))) == Done()
    bench.ask(TagFunction(reference(), {"b": "3"}, bytes(16)))
    assert tags_of(bench) == bench.show().view.tags == {"a": "1", "b": "3"}
    bench.ask(UntagFunction(reference(), ("a", "x"), bytes(16)))
    assert tags_of(bench) == {"b": "3"}


def test_tagging_gives_the_function_another_revision():
    bench = bench_with_function()
    revisions = [bench.show().view.revision_id]
    bench.ask(TagFunction(reference(), {"a": "1"}, bytes(16)))
    revisions.append(bench.show().view.revision_id)
    bench.ask(UntagFunction(reference(), ("a",), b"1" * 16))
    revisions.append(bench.show().view.revision_id)
    assert len(set(revisions)) == 3


def test_the_51st_tag_is_refused_and_nothing_changes():
    bench = bench_with_function()
    fifty = {str(number): "" for number in range(50)}
    bench.ask(TagFunction(reference(), fifty, bytes(16)))
    refusal = bench.ask(TagFunction(reference(), {"x": "", "0": "new"}, bytes(16)))
    assert refusal.message == "Number of tags exceeds resource tag limit."
    assert tags_of(bench) == fifty


def test_versions_have_no_tags_whether_they_are_there_or_not():
    bench = Bench()
    text = "Tags on function aliases and versions are not supported. Please specify a function ARN."
    for target in (reference(qualifier="1"), reference(qualifier="$LATEST")):
        for command in (
            TagFunction(target, {"a": ""}, bytes(16)),
            UntagFunction(target, ("a",), bytes(16)),
            ListTags(target),
        ):
            assert bench.ask(command).message == text
    assert bench.ask(ListTags(reference())).message == f"Function not found: {ARN}"


def test_no_tags_at_all_is_no_request():
    bench = bench_with_function()
    refusal = bench.ask(TagFunction(reference(), {}, bytes(16)))
    assert refusal.message == "An error occurred and the request cannot be processed."
