"""Named SQL statements: how a store's file of statements is read."""


def named_statements(text: str, file: str) -> dict[str, str]:
    """Return the statements of an SQL file by name.

    Each begins with a line `-- name: What it does.`
    """
    statements: dict[str, str] = {}
    for part in ("\n" + text).split("\n-- ")[1:]:
        heading, _, sql = part.partition("\n")
        name, colon, _ = heading.partition(": ")
        assert colon, f"{file}: {heading!r} has no sentence"
        assert name not in statements, f"{file}: two statements are named {name}"
        statements[name] = sql.strip()
    return statements
