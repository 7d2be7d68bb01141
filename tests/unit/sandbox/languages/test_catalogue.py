"""Every runtime that can be found has a language."""

import pytest

from headrace.sandbox.languages.catalogue import LANGUAGES, find_interpreters, language_for


def test_each_language_serves_the_runtimes_that_it_finds():
    assert [one.runtime for one in find_interpreters({"PATH": ""})][-3:] == [
        "provided.al2",
        "provided.al2023",
        "image",
    ]
    for language in LANGUAGES:
        for found in language.find({"PATH": "/usr/bin"}):
            assert language_for(found.runtime) is language


def test_what_is_none_of_ours_has_no_language():
    with pytest.raises(LookupError):
        language_for("cobol85")
