"""Pages of keys: prefix, delimiter, and going on, against a plain reckoning."""

from hypothesis import given
from hypothesis import strategies as st

from headrace.core.objects.listing import page_of

KEYS = sorted(["a", "a/1", "a/2", "a/b/1", "b", "b/1", "c"])


def test_what_shares_a_beginning_is_one_entry():
    page = page_of(KEYS, "", "/", "", 100)
    assert (page.keys, page.prefixes, page.more) == (["a", "b", "c"], ["a/", "b/"], False)
    page = page_of(KEYS, "a/", "/", "", 100)
    assert (page.keys, page.prefixes) == (["a/1", "a/2"], ["a/b/"])


def test_a_page_ends_and_goes_on():
    page = page_of(KEYS, "", "/", "", 2)
    assert (page.keys, page.prefixes, page.last, page.more) == (["a"], ["a/"], "a/", True)
    page = page_of(KEYS, "", "/", page.last, 3)
    assert (page.keys, page.prefixes, page.more) == (["b", "c"], ["b/"], False)


def test_behind_a_key_that_looks_rolled_up_the_rolled_up_comes():
    page = page_of(KEYS, "", "/", "a/", 100, skips_rolled=False)
    assert page.prefixes == ["a/", "b/"]


def test_an_empty_page_is_all_that_was_asked_for():
    assert page_of(KEYS, "", "", "", 0) == ([], [], "", False)


texts = st.text("a/b", max_size=4)


@given(st.sets(texts, max_size=12), texts, st.sampled_from(["", "/", "b/"]), st.integers(1, 4))
def test_all_pages_together_are_the_list(keys, prefix, delimiter, size):
    keys = sorted(keys - {""})
    entries = []
    for key in keys:
        if key.startswith(prefix):
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            entry = key if end < 0 else key[: end + len(delimiter)]
            if entry not in entries:
                entries.append(entry)
    found = []
    after, more = "", True
    while more:
        page = page_of(keys, prefix, delimiter, after, size)
        assert len(page.keys) + len(page.prefixes) <= size
        found += sorted(page.keys + page.prefixes)
        after, more = page.last, page.more
    assert found == entries
