"""Every value that can travel between notebooks, for property tests."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path

from hypothesis import strategies as st

from dagbook.notebook.values import EnumMember, FileValue, Secret

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
offsets = st.integers(-86_000, 86_000).map(lambda seconds: timezone(timedelta(seconds=seconds)))
names = st.sampled_from(["Color", "RED", "_x", "größe", "a1"])

literals = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | text
    | st.dates()
    | st.datetimes(timezones=st.none() | offsets)
    | text.map(Path)
)
references = (
    st.builds(EnumMember, enum=names, member=names)
    | st.builds(Secret, st.sampled_from(["API_KEY", "k1"]))
    | st.builds(FileValue, path=text, sha256=text, format=text)
)
keys = text | st.sampled_from(["$date", "$dict", "$", "$file"])


def nested(leaves: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    )


def same(left: object, right: object) -> bool:
    """Equality that tells 1 from 1.0 and -0.0 from 0.0, and finds nan equal to itself."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return repr(left) == repr(right)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return left == right
