"""The SQL files: names, sentences, and that SQLite understands them."""

import sqlite3

import pytest

from headrace.store.sqlite import statements
from headrace.store.sqlite.statements import SQL, read_script, read_statements


@pytest.fixture
def connection():
    connection = sqlite3.connect(":memory:")
    connection.executescript(read_script("schema.sql"))
    yield connection
    connection.close()


@pytest.mark.parametrize("name", SQL)
def test_sqlite_understands_each_statement(name, connection):
    places = SQL[name].count("?")
    assert connection.execute(f"EXPLAIN {SQL[name]}", [1] * places).fetchall()


def test_each_statement_has_a_sentence():
    text = read_script("queries.sql")
    headings = [line for line in text.splitlines() if line.startswith("-- ")]
    assert len(headings) == len(SQL)
    assert all(line.endswith(".") for line in headings)


def test_a_statement_without_a_sentence_or_with_a_used_name_is_a_bug(monkeypatch):
    monkeypatch.setattr(statements, "read_script", lambda file: "-- lonely\nSELECT 1;")
    with pytest.raises(AssertionError, match="no sentence"):
        read_statements("x.sql")
    twice = "-- one: A.\nSELECT 1;\n-- one: B.\nSELECT 2;"
    monkeypatch.setattr(statements, "read_script", lambda file: twice)
    with pytest.raises(AssertionError, match="named one"):
        read_statements("x.sql")


def test_reading_heads_in_order_needs_no_sorting(connection):
    plan = connection.execute(f"EXPLAIN QUERY PLAN {SQL['heads']}", [1, 1]).fetchall()
    assert "PRIMARY KEY" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
