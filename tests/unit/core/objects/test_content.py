"""Objects of several pieces."""

from headrace.base.instant import Instant
from headrace.core.objects.content import Described, Piece, StoredObject


def test_an_object_is_as_large_as_its_pieces():
    pieces = (Piece("a", 3), Piece("b", 4))
    assert StoredObject(pieces, "e", Instant(0), Described()).size == 7
    assert StoredObject((), "e", Instant(0), Described()).size == 0
