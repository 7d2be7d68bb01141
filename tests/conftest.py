"""What holds for every test: a skip is a failure in CI, Hypothesis is deterministic; a database."""

import os

import pytest
from hypothesis import settings

#: Set by .ci/run: there, a tool that is missing is a hole in the proof.
NO_SKIPS = bool(os.environ.get("HEADRACE_NO_SKIPS"))

# The same examples in every run; no time limit per example, as the machine may be busy.
settings.register_profile("house", derandomize=True, deadline=None, database=None, print_blob=True)
# New examples in every run: HYPOTHESIS_PROFILE=fresh make test-fast
settings.register_profile("fresh", derandomize=False, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


def refuse_skip(report):
    """Turn a skip into a failure that keeps the skip's reason; leave xfail alone."""
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        place_and_reason = report.longrepr
        reason = place_and_reason[2] if isinstance(place_and_reason, tuple) else place_and_reason
        report.outcome = "failed"
        report.longrepr = f"{reason} (a skip is a failure while HEADRACE_NO_SKIPS is set)"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Refuse skips of tests."""
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Refuse skips of whole modules."""
    return refuse_skip((yield))


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL of this run's own (tests/postgres.py: Cluster)."""
    from tests.postgres import Cluster, find_binaries

    binaries = find_binaries()
    if binaries is None:
        pytest.skip("there is no PostgreSQL on this machine")
    cluster = Cluster(binaries)
    yield cluster
    cluster.stop()


@pytest.fixture
def database(postgres):
    """The URL of a database of the test's own."""
    return postgres.database()
