"""A backend as the table that a configuration would hold, and what in it must stay hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote

import attrs

from forwardresolve.sdk import Secret
from forwardresolve.testing.worlds import World

if TYPE_CHECKING:
    from forwardresolve.sdk import Backend

_URL_PASSWORD: Final = re.compile(
    r"://[^/@:]*:([^@]+)@|[?&](?:api_?key|pass(?:wd|word)?|secret|token)=([^&]+)"
).findall
_NAME_OF_A_SECRET: Final = re.compile(r"(?:^|_)(?:pass|passwd|password|secret|token|api_?key)$").search
_SHORTEST: Final = 4
"""Characters below which a secret is found in texts that do not hold it."""


class NoTomlError(TypeError):
    """A value cannot stand in a configuration file."""


def as_table(backend: Backend, directory: Path) -> dict[str, Any]:
    """Write a backend out as the table that a configuration would hold.

    Args:
        backend: The backend.
        directory: Where its secrets go, a file for each.

    Raises:
        NoTomlError: An option holds something that TOML does not know.
    """
    return cast("dict[str, Any]", _written(backend, directory))


def revealed(backend: Backend) -> dict[str, Any]:
    """Return the options of a backend as plain values, to compare; its secrets are open in it."""
    return cast("dict[str, Any]", _written(backend, None))


def public_options(backend: object) -> dict[str, Any]:
    """Return the options of a backend, without what a field with an underscore keeps for itself."""
    fields = attrs.fields(type(cast("attrs.AttrsInstance", backend)))
    return {each.name: getattr(backend, each.name) for each in fields if not each.name.startswith("_")}


def secrets_of(backend: Backend) -> frozenset[str]:
    """Collect every text that a backend must not show: its secrets, and passwords in URLs."""
    return frozenset(text for text in _secret_texts(backend) if len(text) >= _SHORTEST)


def shown_secrets(backend: Backend) -> list[str]:
    """Name the options that look like secrets and are none."""
    return [
        name
        for name, value in public_options(backend).items()
        if isinstance(value, str) and (_NAME_OF_A_SECRET(name) or _URL_PASSWORD(value))
    ]


def _written(value: object, directory: Path | None) -> object:
    if isinstance(value, Secret):
        return {"file": str(_hidden(value, directory))} if directory else ("secret", value.reveal())
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list | tuple):
        return [_written(each, directory) for each in value]
    if isinstance(value, Mapping):
        return {key: _written(each, directory) for key, each in value.items()}
    if attrs.has(type(value)) and not isinstance(value, World):
        options = public_options(value)
        return {key: _written(each, directory) for key, each in options.items() if each is not None}
    msg = f"{type(value).__name__} is no type of TOML"
    raise NoTomlError(msg)


def _hidden(secret: Secret, directory: Path) -> Path:
    path = directory / f"secret-{len(list(directory.iterdir()))}"
    path.touch(mode=0o600)
    path.write_text(secret.reveal(), encoding="utf-8")
    return path


def _secret_texts(value: object) -> Iterator[str]:
    if isinstance(value, Secret | str):
        text = value if isinstance(value, str) else value.reveal()
        if isinstance(value, Secret) and "://" not in text:  # of a URL, only the password is secret
            yield text
        for password in filter(None, chain.from_iterable(_URL_PASSWORD(text))):
            yield from (password, unquote(password))
    elif isinstance(value, Mapping):
        yield from chain.from_iterable(map(_secret_texts, value.values()))
    elif isinstance(value, list | tuple):
        yield from chain.from_iterable(map(_secret_texts, value))
    elif attrs.has(type(value)):
        yield from _secret_texts(public_options(value))
