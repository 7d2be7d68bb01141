"""Revision ids."""

import uuid

from headrace.core.functions.revisions import derived_uuid


def test_a_revision_follows_from_seed_and_purpose_and_looks_like_a_random_one():
    revision = derived_uuid(b"s" * 16, b"policy")
    assert revision == derived_uuid(b"s" * 16, b"policy")
    assert uuid.UUID(revision).version == 4
    assert str(uuid.UUID(revision)) == revision
    assert len({revision, derived_uuid(b"t" * 16, b"policy"), derived_uuid(b"s" * 16, b"x")}) == 3
