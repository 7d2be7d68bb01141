"""Links to code archives."""

import pytest

from headrace.core.functions import codelinks
from tests.unit.core.functions.bench import (
    ACCOUNT,
    CODE,
    EPOCH,
    NAME,
    REGION,
    SEED,
    Bench,
    creation,
)

VIEW = Bench().ask(creation()).view
LINK = codelinks.format_link(VIEW, SEED, EPOCH)
PATH, _, QUERY = LINK.partition("?")


def test_a_link_names_account_region_function_and_archive():
    assert PATH.startswith("/_headrace/code/")
    assert codelinks.parse_link(PATH) == (ACCOUNT, REGION, NAME, CODE.digest, False)


@pytest.mark.parametrize("path", ["/", "/_headrace/code/a/b/c", "/_headrace/code/a/b/c/d/e"])
def test_other_paths_are_no_links(path):
    assert codelinks.parse_link(path) is None


def test_a_link_is_good_until_it_expires():
    assert codelinks.is_good(QUERY, SEED, CODE.digest, EPOCH + 600_000)
    assert not codelinks.is_good(QUERY, SEED, CODE.digest, EPOCH + 600_001)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "expires=x&token=y",
        "expires=99999999999999999999&token=y",
        "expires=²&token=y",
        QUERY.replace("expires=1", "expires=2"),
        QUERY.replace("token=", "token=0"),
        QUERY.replace("token=", "token=%C3%A9"),
    ],
)
def test_a_changed_link_is_not_good(query):
    assert not codelinks.is_good(query, SEED, CODE.digest, EPOCH)


def test_a_link_is_good_for_its_own_archive_and_function_only():
    assert not codelinks.is_good(QUERY, SEED, "cd" * 32, EPOCH)
    assert not codelinks.is_good(QUERY, bytes(16), CODE.digest, EPOCH)
