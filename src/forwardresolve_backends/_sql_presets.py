"""Presets: the queries that say what the tables of a control panel mean, kept as data.

A preset is a TOML file in ``presets/sql``. Its queries are what anybody could write into the
configuration; nothing about a panel is in the code.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal

import attrs

from forwardresolve.sdk import BackendMisconfigured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forwardresolve.sdk import Scope

_DIRECTORY: Final = files(__package__) / "presets" / "sql"
_IN_BRACES: Final = re.compile(r"\{(\w+)\}")


@attrs.frozen(kw_only=True)
class Preset:
    """What a preset says.

    Args:
        name: What the option ``preset`` calls it.
        panel: What the panel calls itself.
        knows: The versions whose tables it reads.
        databases: The kinds of database that the panel runs on: sqlite, postgresql, mysql.
        experimental: Why it may be wrong; empty: it is proven against a real Postfix.
        parameters: Numbers that stand in the queries as ``{name}``, with their defaults.
        words: Words that stand in the queries as ``{word}``, with what each is on each kind of
            database.
        queries: Kind of row to its query.
        narrows: What can be read by itself: ``domains``, where each row hangs on its own domain
            alone; ``addresses``, where what holds of a domain may hang on another one, too; empty,
            where rows of one address are made out of those of another one.
    """

    name: str
    panel: str
    knows: str
    databases: Sequence[str]
    experimental: str = ""
    parameters: Mapping[str, int] = attrs.Factory(dict)
    words: Mapping[str, Mapping[str, str]] = attrs.Factory(dict)
    queries: Mapping[str, str]
    narrows: Literal["domains", "addresses", ""] = ""

    def can_narrow_to(self, scope: Scope) -> bool:
        """Tell whether a scope can be read by itself."""
        return self.narrows == "domains" or (self.narrows == "addresses" and not scope.whole)

    def check_parameters(self, given: Mapping[str, int]) -> None:
        """Refuse parameters that the preset does not have.

        Raises:
            ValueError: It lacks one of them.
        """
        unknown = sorted(given.keys() - self.parameters.keys())
        if unknown:
            known = f"it has {', '.join(self.parameters)}" if self.parameters else "it has none"
            msg = f"parameters: the preset {self.name} has no {', '.join(unknown)}; {known}"
            raise ValueError(msg)

    def queries_on(self, database: str, parameters: Mapping[str, int]) -> Mapping[str, str]:
        """Return kind of row to query, as it can be put to a database.

        Args:
            database: The kind of database.
            parameters: Values for the parameters that do not keep their defaults.

        Raises:
            BackendMisconfigured: The panel does not run on such a database.
        """
        if database not in self.databases:
            msg = f"the preset {self.name} reads {' or '.join(self.databases)}, but the url names {database}"
            raise BackendMisconfigured(msg)
        words = {word: texts[database] for word, texts in self.words.items()}
        filled = {**words, **self.parameters, **parameters}
        return {
            kind: _IN_BRACES.sub(lambda found: str(filled[found[1]]), text)
            for kind, text in self.queries.items()
        }


def show_presets() -> str:
    """List the presets, a line each."""
    found = [find_preset(name) for name in preset_names()]
    return "\n".join(["Presets:", *(f"    {each.name:12}  {each.knows}" for each in found)])


def show_preset(preset: Preset, database: str, parameters: Mapping[str, int]) -> str:
    """Write a preset out as an admin may paste it into a configuration.

    Args:
        preset: The preset.
        database: The kind of database to write it for; empty: the first one that the panel runs on.
        parameters: Values for the parameters that do not keep their defaults.

    Raises:
        BackendMisconfigured: The panel does not run on such a database.
    """
    database = database or preset.databases[0]
    lines = [f"# The preset {preset.name} on {database}; it knows {preset.knows}."]
    lines += [f"# Experimental: {preset.experimental}."] if preset.experimental else []
    lines += [
        f"# {name} is {value}; --option parameters.{name}=N writes another."
        for name, value in {**preset.parameters, **parameters}.items()
    ]
    others = ", ".join(each for each in preset.databases if each != database)
    lines += [f"# It also reads {others}: --option url={others.split(', ')[0]}:"] if others else []
    lines += ["[source.panel.queries]"]
    for kind, text in preset.queries_on(database, parameters).items():
        lines += [f'{kind} = """', text.strip("\n"), '"""']
    return "\n".join(lines)


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _DIRECTORY.iterdir()))


@cache
def find_preset(name: str) -> Preset:
    """Read a preset.

    Raises:
        ValueError: There is no such preset.
    """
    if name not in preset_names():
        msg = f"there is no preset {name!r}; there are {', '.join(preset_names())}"
        raise ValueError(msg)
    return Preset(name=name, **tomllib.loads((_DIRECTORY / f"{name}.toml").read_text(encoding="utf-8")))
