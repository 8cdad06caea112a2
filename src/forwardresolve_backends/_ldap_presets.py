"""The rules of common directory layouts, as data: presets/ldap/*.toml."""

from __future__ import annotations

import difflib
import json
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import attrs

from forwardresolve.sdk import Domain, Remark, Site
from forwardresolve_backends._ldap_rules import Layout, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forwardresolve.sdk import Record


@attrs.frozen
class Preset:
    """A layout of directories that many sites share.

    Args:
        name: What a configuration calls it.
        summary: What it is for.
        traps: What surprises about such directories, a sentence or two each.
        layout: Its rules.
    """

    name: str
    summary: str
    traps: Sequence[str]
    layout: Layout


def preset_names() -> tuple[str, ...]:
    """List the presets by name."""
    names = (each.name for each in files("forwardresolve_backends").joinpath("presets", "ldap").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def read_preset(name: str) -> Preset:
    """Read a preset.

    Args:
        name: One of `preset_names`.

    Raises:
        ValueError: There is none of that name.
    """
    known = preset_names()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        meant = f"; did you mean {close[0]}?" if close else ""
        msg = f"there is no preset {name!r}{meant} (there are: {', '.join(known)})"
        raise ValueError(msg)
    text = files("forwardresolve_backends").joinpath("presets", "ldap", f"{name}.toml").read_text("utf-8")
    table = tomllib.loads(text)
    summary, traps = table.pop("summary"), tuple(table.pop("traps"))
    rules = tuple(_make_rule(each) for each in table.pop("rules"))
    return Preset(name, summary, traps, Layout(rules=rules, **table))


def _make_rule(table: Mapping[str, Any]) -> Rule:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    return Rule(**fields)


def show_preset(preset: Preset) -> str:
    """Write a preset as an admin may paste it into the table of a source."""
    lines = [f"# {preset.summary}", *(f"# - {trap}" for trap in preset.traps), ""]
    return "\n".join([*lines, show_layout(preset.layout)])


def show_layout(layout: Layout) -> str:
    """Write rules in TOML, without what has its default; ``[[rules]]`` is a table of the source.

    What is known without the directory stands above them, as comments.
    """
    known = [f"# {line}" for line in map(_known, layout.records)]
    settings = list(_assignments(layout, leave_out=("rules", "records")))
    return "\n".join([*known, *settings, *_rules(layout)]).lstrip("\n")


def _known(record: Record) -> str:
    match record:
        case Domain(name, kind):
            return f"hosted domain {name} ({kind})"
        case Site(delimiter, myorigin):
            return f"recipient_delimiter {delimiter or 'none'}, myorigin {myorigin}"
        case Remark(id=name, text=text):
            return f"{name}: {text}"
        case _:
            return str(record)


def _rules(layout: Layout) -> Iterator[str]:
    for rule in layout.rules:
        yield "\n[[rules]]"
        yield from _assignments(rule)


def _assignments(made: Any, leave_out: Sequence[str] = ()) -> Iterator[str]:  # noqa: ANN401 (an attrs class)
    for field in attrs.fields(type(made)):
        value = getattr(made, field.name)
        if field.name not in leave_out and value != field.default:
            yield f"{field.name} = {_toml(value)}"


def _toml(value: str | bool | Sequence[str]) -> str:  # noqa: FBT001 (a value of a field)
    if isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False)
    return f"[{', '.join(map(_toml, value))}]"
