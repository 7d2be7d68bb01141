"""A package's own bootstrap is looked for where AWS does, and gets AWS's few variables."""

from headrace.sandbox.languages.language import LAMBDA_PLACES, Launch
from headrace.sandbox.languages.provided import Provided
from tests.unit.sandbox.bench import spec_for


def test_it_needs_nothing_of_this_machine():
    found = Provided().find({})
    assert [one.runtime for one in found] == ["provided.al2", "provided.al2023"]
    assert {one.path for one in found} == {""}


def test_the_bootstrap_of_the_package_comes_before_that_of_a_layer(tmp_path):
    provided = Provided()
    (interpreter, _) = provided.find({})
    launch = Launch(spec_for(tmp_path, ""), interpreter, LAMBDA_PLACES, [], forks=True)
    assert provided.entry_points(launch) == ["/var/task/bootstrap", "/opt/bootstrap"]
    assert provided.arguments(launch) == []
    assert provided.variables(launch) == {}
    assert not provided.obeys_wrapper
