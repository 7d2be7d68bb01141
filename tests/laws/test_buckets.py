"""The laws of core/machine.py, tried on buckets with random stories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.core.machine import Numbers
from headrace.core.objects import commands as asked
from headrace.core.objects.buckets import Buckets
from headrace.core.objects.content import Described
from headrace.core.objects.uploads import upload_id_of
from tests.laws.harness import Laws
from tests.unit.core.objects.bench import MIB, OTHER, OWNER, content

pytestmark = pytest.mark.slow

owners = st.sampled_from([OWNER, OWNER, OTHER])
buckets = st.sampled_from(["aaa", "aaa", "bbb"])
keys = st.sampled_from(["k", "k/1", "l"])
words = st.sampled_from([b"1", b"2"])
uploads = st.sampled_from([upload_id_of(b"1"), upload_id_of(b"2")])
conditions = st.sampled_from([asked.Condition(), asked.Condition(if_none=True)])
DESCRIBED = Described({"ContentType": "t"}, {"m": "1"}, {"t": "1"})

steps = st.one_of(
    st.tuples(st.just(asked.CreateBucket), buckets),
    st.tuples(st.just(asked.CreateBucket), buckets, st.just("eu-west-1"), st.just({"t": "1"})),
    st.tuples(st.just(asked.DeleteBucket), buckets),
    st.tuples(st.just(asked.TagBucket), buckets, st.sampled_from([{}, {"t": "2"}])),
    st.tuples(
        st.just(asked.PutObject), buckets, keys, words.map(content), st.just(DESCRIBED), conditions
    ),
    st.tuples(st.just(asked.DeleteObjects), buckets, st.lists(keys, max_size=3).map(tuple)),
    st.tuples(st.just(asked.TagObject), buckets, keys, st.sampled_from([{}, {"t": "2"}])),
    st.tuples(st.just(asked.BeginUpload), buckets, keys, words, st.just(DESCRIBED)),
    st.tuples(
        st.just(asked.PutPart),
        buckets,
        keys,
        uploads,
        st.integers(0, 3),
        st.builds(content, words, st.just(5 * MIB)),
    ),
    st.tuples(
        st.just(asked.CompleteUpload),
        buckets,
        keys,
        uploads,
        st.lists(
            st.builds(asked.NamedPart, st.integers(1, 3), words.map(lambda w: content(w).md5)),
            min_size=1,
            max_size=2,
        ).map(tuple),
    ),
    st.tuples(st.just(asked.AbortUpload), buckets, keys, uploads),
)
#: Every story starts with a bucket and an upload, so that most of it is about what is in them.
BEGINNING = [
    (0, (asked.CreateBucket, "aaa")),
    (0, (asked.BeginUpload, "aaa", "k", b"1", DESCRIBED)),
]
stories = st.lists(
    st.tuples(st.sampled_from([0, 1, 1_000]), st.tuples(owners, steps)), max_size=30
).map([(wait, (OWNER, step)) for wait, step in BEGINNING].__add__)


def translate(step, life):
    owner, (kind, *values) = step
    return kind(owner, *values)


laws = Laws(lambda: Buckets(Numbers()), translate)


@given(stories)
def test_same_story_same_effects(story):
    laws.check_same_story_same_effects(story)


@given(stories)
def test_refusal_changes_nothing(story):
    laws.check_refusal_changes_nothing(story)


@given(stories, st.lists(st.integers(0, 30), max_size=3))
def test_rebuilt_equals_lived(story, cuts):
    laws.check_rebuilt_equals_lived(story, cuts)
