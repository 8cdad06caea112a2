"""Options: strict, complete about what is wrong, and silent about values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 (fields are read at run time)
from datetime import date
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest

from forwardresolve.errors import ConfigError
from forwardresolve.options import structure
from forwardresolve.secret import Secret


@attrs.frozen
class Query:
    source: str
    active: str | None = None


@attrs.frozen
class Options:
    url: Secret | Sequence[Secret]
    limit: int = 1
    share: float = 0.5
    strict: bool = False
    file: Path = Path("/")
    table: Literal["virtual", "local"] = "virtual"
    names: tuple[str, ...] = ()
    queries: Mapping[str, Query] = attrs.field(factory=dict)
    default: Query | None = None
    anything: Any = None
    mode: str = attrs.field(default="a", validator=attrs.validators.in_(["a", "b"]))


EXPECTED = "a text or one of { env = NAME }, { file = PATH } and { credential = NAME }"


def problems(table: dict[str, Any], path: str = "source.x", **exposure: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        structure(table, Options, path, **exposure)
    return caught.value.problems


def test_a_table_becomes_an_instance_with_everything_in_it() -> None:
    made = structure(
        {
            "url": ["ldaps://one", "ldaps://two"],
            "limit": 7,
            "share": 1,
            "strict": True,
            "file": "/etc/passwd",
            "table": "local",
            "names": ["a", "b"],
            "queries": {"main": {"source": "s", "active": "a"}},
            "default": {"source": "d"},
            "anything": [1, {"two": 3}],
        },
        Options,
        "source.x",
    )

    assert made == Options(
        url=(Secret("ldaps://one"), Secret("ldaps://two")),
        limit=7,
        share=1,
        strict=True,
        file=Path("/etc/passwd"),
        table="local",
        names=("a", "b"),
        queries={"main": Query("s", "a")},
        default=Query("d"),
        anything=[1, {"two": 3}],
    )


def test_nothing_given_leaves_the_defaults() -> None:
    assert structure({"url": "x"}, Options, "") == Options(Secret("x"))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("limit", "7", "must be an integer, not a text"),
        ("limit", True, "must be an integer, not true or false"),
        ("limit", 7.0, "must be an integer, not a number"),
        ("share", "half", "must be a number, not a text"),
        ("strict", "false", "must be true or false, not a text"),
        ("strict", 0, "must be true or false, not an integer"),
        ("file", ["/"], "must be a text, not a list"),
        ("names", "ab", "must be a list, not a text"),
        ("names", {"a": 1}, "must be a list, not a table"),
        ("queries", [1], "must be a table, not a list"),
        ("default", 3, "must be a table, not an integer"),
        ("table", 3, "must be one of virtual, local, not an integer"),
        ("table", "virtuel", "must be one of virtual, local; did you mean virtual?"),
        ("table", "zzz", "must be one of virtual, local"),
        ("limit", date(2026, 1, 1), "must be an integer, not a date or time"),
        ("mode", "c", "'mode' must be in ['a', 'b'] (got 'c')"),
    ],
)
def test_nothing_is_coerced(key: str, value: object, said: str) -> None:
    assert problems({"url": "x", key: value}) == (f"source.x.{key}: {said}",)


def test_all_problems_are_told_at_once_with_their_key_paths() -> None:
    table = {
        "urll": "x",
        "limit": "7",
        "names": ["a", 3],
        "queries": {"main": {"sourc": "s"}, "other": 3},
        "default": {"source": 3},
    }

    assert set(problems(table)) == {
        "source.x.url: is missing",
        "source.x.urll: is not known; did you mean url?",
        "source.x.limit: must be an integer, not a text",
        "source.x.names[1]: must be a text, not an integer",
        "source.x.queries.main.source: is missing",
        "source.x.queries.main.sourc: is not known; did you mean source?",
        "source.x.queries.other: must be a table, not an integer",
        "source.x.default.source: must be a text, not an integer",
    }


def test_an_unknown_key_like_no_other_gets_no_advice() -> None:
    assert problems({"url": "x", "zzzz": 1}) == ("source.x.zzzz: is not known",)


def test_a_path_may_be_empty() -> None:
    assert problems({"url": "x", "limit": "7"}, path="") == ("limit: must be an integer, not a text",)


def test_what_the_class_itself_refuses_is_told_without_a_key() -> None:
    @attrs.frozen
    class Pair:
        one: int = 1
        two: int = 2

        def __attrs_post_init__(self) -> None:
            if self.one > self.two:
                msg = "one is more than two"
                raise ValueError(msg)

    with pytest.raises(ConfigError) as caught:
        structure({"one": 3}, Pair, "source.x")
    assert caught.value.problems == ("source.x: one is more than two",)

    with pytest.raises(ConfigError) as caught:
        structure({"one": 3}, Pair, "")
    assert caught.value.problems == ("one is more than two",)


def test_a_value_at_the_wrong_key_is_never_shown() -> None:
    told = " ".join(
        problems({"url": 3, "names": "hunter2", "limit": "hunter2", "table": "hunter2", "default": "hunter2"})
    )

    assert "hunter2" not in told


def test_a_secret_is_fetched_from_where_a_table_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANEL_URL", "mysql://u:p@h/d")

    made = structure({"url": {"env": "PANEL_URL"}}, Options, "source.x")

    assert isinstance(made.url, Secret)
    assert made.url.reveal() == "mysql://u:p@h/d"


def test_a_secret_that_cannot_be_had_is_a_problem_of_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PANEL_URL", raising=False)

    assert problems({"url": [{"env": "PANEL_URL"}, {"vault": "x"}, 3]}) == (
        "source.x.url[0]: the environment variable PANEL_URL is not set",
        "source.x.url[1]: a secret is one of { env = NAME }, { file = PATH } and { credential = NAME }",
        f"source.x.url[2]: must be {EXPECTED}, not an integer",
    )


@pytest.mark.parametrize("url", ["mysql://u:p@h/d", "postgresql://h/d?user=u&password=p"])
def test_a_password_is_refused_where_others_can_read_the_table(url: str) -> None:
    exposed = "everybody can read this; write { env = NAME }"

    assert problems({"url": url}, exposed=exposed) == (f"source.x.url: is a secret, and {exposed}",)
    assert problems({"url": "sqlite:///x", "mode": url}, exposed=exposed) == (
        f"source.x.mode: holds a password, and {exposed}",
    )


def test_a_secret_that_is_no_url_is_refused_where_others_can_read_the_table() -> None:
    assert problems({"url": "hunter2"}, exposed="it is open") == (
        "source.x.url: is a secret, and it is open",
    )


def test_a_url_without_a_password_may_stand_where_others_can_read_it() -> None:
    made = structure({"url": "mysql://reader@h/d"}, Options, "source.x", exposed="it is open")

    assert made.url == Secret("mysql://reader@h/d")
