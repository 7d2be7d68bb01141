"""The laws of core/machine.py, tried on roles and policies with random stories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.core.access import commands as asked
from headrace.core.access.access import Access
from tests.laws.harness import Laws
from tests.unit.core.access.bench import ACCOUNT, ALLOW, BASIC, TRUST

pytestmark = pytest.mark.slow

names = st.sampled_from(["a", "b", "B"])
documents = st.sampled_from([ALLOW, TRUST, "{"])
steps = st.one_of(
    st.tuples(st.just(asked.CreateRole), names, st.just("/"), documents, st.binary(max_size=2)),
    st.tuples(st.just(asked.CreateRole), names, st.just("/"), st.just(TRUST), st.just(b"")),
    st.tuples(st.just(asked.FindRole), names),
    st.tuples(st.just(asked.ListRoles)),
    st.tuples(st.just(asked.UpdateRole), names, st.sampled_from([None, "d"])),
    st.tuples(st.just(asked.DeleteRole), names),
    st.tuples(st.just(asked.TagRole), names, st.just({"k": "v"}), st.sampled_from([(), ("k",)])),
    st.tuples(st.just(asked.PutRolePolicy), names, names, documents),
    st.tuples(st.just(asked.FindRolePolicy), names, names),
    st.tuples(st.just(asked.DeleteRolePolicy), names, names),
    st.tuples(st.just(asked.AttachRolePolicy), names, st.just(BASIC)),
    st.tuples(st.just(asked.DetachRolePolicy), names, st.just(BASIC)),
    st.tuples(st.just(asked.CreatePolicy), names, st.just("/"), documents, st.just(b"")),
    st.tuples(st.just(asked.ListPolicies)),
    st.tuples(
        st.sampled_from([asked.AttachRolePolicy, asked.DetachRolePolicy]),
        names,
        names.map(lambda name: f"arn:aws:iam::{ACCOUNT}:policy/{name}"),
    ),
    st.tuples(
        st.sampled_from([asked.FindPolicy, asked.ListEntities, asked.DeletePolicy]),
        names.map(lambda name: f"arn:aws:iam::{ACCOUNT}:policy/{name}"),
    ),
    st.tuples(
        st.sampled_from(
            [asked.FindPolicyVersion, asked.DeletePolicyVersion, asked.SetDefaultPolicyVersion]
        ),
        names.map(lambda name: f"arn:aws:iam::{ACCOUNT}:policy/{name}"),
        st.sampled_from(["v1", "v2"]),
    ),
    st.tuples(
        st.just(asked.CreatePolicyVersion),
        names.map(lambda name: f"arn:aws:iam::{ACCOUNT}:policy/{name}"),
        st.just(ALLOW),
        st.booleans(),
    ),
    st.tuples(
        st.just(asked.TagPolicy),
        names.map(lambda name: f"arn:aws:iam::{ACCOUNT}:policy/{name}"),
        st.just({"k": "v"}),
    ),
)
stories = st.lists(st.tuples(st.sampled_from([0, 1, 1_000]), steps), max_size=30)


def translate(step, life):
    kind, *values = step
    return kind(ACCOUNT, *values)


laws = Laws(Access, translate)


@given(stories)
def test_same_story_same_effects(story):
    laws.check_same_story_same_effects(story)


@given(stories)
def test_refusal_changes_nothing(story):
    laws.check_refusal_changes_nothing(story)


@given(stories, st.lists(st.integers(0, 30), max_size=3))
def test_rebuilt_equals_lived(story, cuts):
    laws.check_rebuilt_equals_lived(story, cuts)
