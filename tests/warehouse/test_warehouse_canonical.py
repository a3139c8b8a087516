"""The content hash: what is the same content, and what is not."""

import json
import re
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.warehouse.canonical import content


def content_hash(text: str) -> str:
    return content(text)[0]


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**80), 2**80),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def _shuffled(value: Any, random: Random) -> Any:
    if isinstance(value, dict):
        names = list(value)
        random.shuffle(names)
        return {name: _shuffled(value[name], random) for name in names}
    if isinstance(value, list):
        return [_shuffled(inner, random) for inner in value]
    return value


def _spaced(text: str, random: Random) -> str:
    """White space where JSON allows it: around what stands outside of strings."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', text)
    spaces = ("", " ", "\n\t")
    return "".join(
        part
        if part.startswith('"')
        else re.sub(r"([\[\]{},:])", lambda m: m[0] + random.choice(spaces), part)
        for part in parts
    )


@given(values, st.integers(0, 2**32), st.booleans())
def test_order_of_keys_white_space_and_escapes_are_no_change(
    value: Any, seed: int, ascii_only: bool
) -> None:
    random = Random(seed)
    other = json.dumps(_shuffled(value, random), ensure_ascii=ascii_only)
    assert content_hash(_spaced(other, random)) == content_hash(json.dumps(value))


def _typed(value: Any) -> object:
    """A value such that two are equal only where they are written alike."""
    if isinstance(value, dict):
        return ("object", tuple(sorted((name, _typed(inner)) for name, inner in value.items())))
    if isinstance(value, list):
        return ("array", tuple(map(_typed, value)))
    return (type(value).__name__, repr(value))


@given(values, values)
def test_other_content_has_another_hash(one: Any, other: Any) -> None:
    same = _typed(one) == _typed(other)
    assert (content_hash(json.dumps(one)) == content_hash(json.dumps(other))) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[1, 2]", "[2, 1]"),
        ('{"a": 0.1}', '{"a": 0.10}'),
        ('{"a": 0.1}', '{"a": 0.10000000000000001}'),
        ('{"a": 1}', '{"a": 1.0}'),
        ('{"a": 1e2}', '{"a": 100}'),
        ('{"a": 9007199254740993}', '{"a": 9007199254740992}'),
        ('{"a": 18446744073709551617}', '{"a": 18446744073709551616}'),
        ('{"a": 123456789012345678901234567890}', '{"a": 123456789012345678901234567891}'),
        ('{"a": 1.5}', '{"a": "1.5"}'),
        ('{"a": 1.5}', '{"a": {"float": "1.5"}}'),
        ('{"a": null}', "{}"),
        ('{"a": ""}', '{"a": " "}'),
        ('{"a": "x"}', '{"A": "x"}'),
        ('{"a": 1, "a": 2}', '{"a": 2, "a": 1}'),
        ('{"a": 1, "a": 9}', '{"a": 2, "a": 9}'),
        ('{"a": 1e400}', '{"a": 1e401}'),
        ("nonsense", "nonsense "),
        ('{"a": 1,}', '{"a": 1}'),
        ('"\\ud800"', '"\\ud801"'),
        ('"\\u00e9"', '"e\\u0301"'),
    ],
)
def test_a_difference_in_content_is_a_change(one: str, other: str) -> None:
    assert content_hash(one) != content_hash(other)


@pytest.mark.parametrize(
    "text", ["", " ", "nonsense", "{", '{"a":}', '"\\ud800"', "NaN", "[" * 5_000, "\\xff", "\x1e"]
)
def test_what_is_not_json_has_a_hash_of_its_own_text(text: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", content_hash(text))
    assert content_hash(text) == content_hash(text)
    assert content_hash(text) != content_hash(text + "x")


@given(st.text())
def test_every_text_has_a_hash(text: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", content_hash(text))
