"""The book: what facts make of it."""

import pytest

from headrace.core.access.book import Book
from headrace.core.access.errors import NoSuchEntity
from headrace.core.access.records import PolicyDeleted, PolicyWritten, RoleDeleted, RoleWritten
from headrace.core.access.role import Policy, PolicyVersion, Role
from tests.unit.core.access.bench import BASIC

ROLE = Role("1", "Name", "/", "id", 0, "{}", boundary="b", attached=(BASIC,))
POLICY = Policy("1", "p", "/", "id", 0, 0, (PolicyVersion(1, "{}", 0),), 1, 2)


def test_facts_add_and_remove():
    book = Book()
    book.take(RoleWritten(5, 0, ROLE))
    book.take(PolicyWritten(5, 0, POLICY))
    assert book.has_role("1", "NAME")
    assert book.role("1", "Name") is ROLE
    assert book.policy("1", POLICY.arn) is POLICY
    assert list(book.everything()) == [ROLE, POLICY]
    assert book.holders("1", BASIC) == [ROLE]
    assert book.uses("1") == ({BASIC: 1}, {"b": 1})
    assert book.uses("2") == ({}, {})
    book.take(RoleDeleted(5, 0, "1", "Name"))
    book.take(PolicyDeleted(5, 0, POLICY.arn))
    assert list(book.everything()) == []


def test_what_is_not_there():
    book = Book()
    with pytest.raises(NoSuchEntity):
        book.role("1", "x")
    with pytest.raises(NoSuchEntity):
        book.policy("1", "x")
    assert (book.roles("1"), book.policies("1")) == ([], [])
    assert book.policy("1", BASIC).account == "aws"
