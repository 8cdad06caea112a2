"""Options of a command line: the table that TOML would have given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 (fields are read at run time)
from typing import Any

import attrs
import pytest

from forwardresolve.errors import ConfigError
from forwardresolve.keyvalues import table_from_texts
from forwardresolve.secret import Secret  # noqa: TC001 (fields are read at run time)


@attrs.frozen
class Query:
    source: str = ""
    limit: int = 0


@attrs.frozen
class Options:
    url: Secret
    bind_password: Secret | None = None
    limit: int | None = None
    share: float = 0.5
    strict: bool = False
    names: Sequence[str] = ()
    numbers: tuple[int, ...] = ()
    queries: Mapping[str, Query] = attrs.field(factory=dict)
    prefix: str = ""


@pytest.mark.parametrize(
    ("texts", "table"),
    [
        (["url=sqlite:///a=b"], {"url": "sqlite:///a=b"}),
        (["limit=7"], {"limit": 7}),
        (["limit=-7"], {"limit": -7}),
        (["limit=seven"], {"limit": "seven"}),
        (["share=0.25"], {"share": 0.25}),
        (["strict=True"], {"strict": True}),
        (["strict=false"], {"strict": False}),
        (["strict=yes"], {"strict": "yes"}),
        (["prefix=7"], {"prefix": "7"}),
        (["prefix="], {"prefix": ""}),
        (["names=a, b,"], {"names": ["a", "b"]}),
        (["names="], {"names": []}),
        (["names=a", "names=b"], {"names": ["a", "b"]}),
        (["numbers=1,2"], {"numbers": [1, 2]}),
        (["url.env=PANEL_URL"], {"url": {"env": "PANEL_URL"}}),
        (["bind_password.file=/x"], {"bind_password": {"file": "/x"}}),
        (
            ["queries.forwards.source=a, b", "queries.forwards.limit=3"],
            {"queries": {"forwards": {"source": "a, b", "limit": 3}}},
        ),
        (["unknown=7"], {"unknown": "7"}),
        (["unknown.deeper=7"], {"unknown": {"deeper": "7"}}),
        (["queries.main.unknown=7"], {"queries": {"main": {"unknown": "7"}}}),
    ],
)
def test_a_text_becomes_what_its_field_wants(texts: list[str], table: dict[str, Any]) -> None:
    assert table_from_texts(texts, Options) == table


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (["limit=1", "limit=2"], "limit: is given twice"),
        (["limit=1", "limit=1"], "limit: is given twice"),
        (["url=x", "url.env=y"], "url.env: is given twice"),
        (["url.env=y", "url=x"], "url: is given twice"),
        (["url.env=y", "url.env.deeper=x"], "url.env.deeper: is given twice"),
    ],
)
def test_a_key_is_given_once(texts: list[str], problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        table_from_texts(texts, Options)
    assert caught.value.problems == (problem,)


def test_all_texts_that_are_no_key_and_value_are_told_and_none_is_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        table_from_texts(["hunter2", "=hunter2", "url..env=hunter2", "limit=1"], Options)

    assert len(caught.value.problems) == 3
    assert "KEY=VALUE" in caught.value.problems[0]
    assert "hunter2" not in str(caught.value)
