"""A text that is never shown, and the places where it may lie outside the configuration.

In a configuration a secret is a table ``{ env = "NAME" }``, ``{ file = "PATH" }`` or
``{ credential = "NAME" }`` (systemd's ``LoadCredential=``), so that the file itself holds none.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import attrs

from forwardresolve.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACES: Final = ("env", "file", "credential")
_PASSWORD_KEYS: Final = frozenset({"password", "passwd", "sslpassword", "ssl_key_password"})
_USER_WITH_PASSWORD: Final = re.compile(r"://[^@]*:[^@]*@").search


@attrs.frozen(repr=False)
class Secret:
    """A text that must not be shown: `reveal` is the only way to it.

    Args:
        value: The secret itself.
    """

    value: str

    def reveal(self) -> str:
        """Return the secret text."""
        return self.value

    def __repr__(self) -> str:
        """Hide the value."""
        return "Secret(...)"

    __str__ = __repr__

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Secret:
        """Fetch a secret from where a table says it lies.

        Args:
            table: Exactly one of ``env``, ``file`` and ``credential`` with a text.

        Raises:
            ConfigError: The table is of another form, nothing lies there, or a file is open to
                others than its owner and group (a credential is guarded by its directory).
        """
        place, name = next(iter(table.items()), ("", ""))
        if len(table) != 1 or place not in _PLACES or not isinstance(name, str):
            msg = "a secret is one of { env = NAME }, { file = PATH } and { credential = NAME }"
            raise ConfigError(msg)
        if place == "env":
            if name not in os.environ:
                msg = f"the environment variable {name} is not set"
                raise ConfigError(msg)
            return cls(os.environ[name])
        if place == "file":
            return cls(_read(Path(name), guarded=False))
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if directory is None:
            msg = f"the credential {name} is out of reach: CREDENTIALS_DIRECTORY is not set"
            raise ConfigError(msg)
        return cls(_read(Path(directory, name), guarded=True))


def holds_password(text: str) -> bool:
    """Tell whether a text is a URL with a password in it, before the host or as a parameter.

    A password with a ``/`` that is not percent-encoded is seen, too; a colon and an ``@`` further
    behind in a URL without one are taken for a password, which is the safe mistake.
    """
    _, _, query = text.partition("?")
    keys = {key.lower() for key, _ in parse_qsl(query)} if "://" in text else set()
    return _USER_WITH_PASSWORD(text) is not None or not keys.isdisjoint(_PASSWORD_KEYS)


def open_to_others(path: Path) -> bool:
    """Tell whether others than a file's owner and group may do anything with it.

    Raises:
        OSError: The file cannot be asked.
    """
    return bool(path.stat().st_mode & stat.S_IRWXO)


def _read(path: Path, *, guarded: bool) -> str:
    try:
        if not guarded and open_to_others(path):
            msg = f"the secret file {path} is open to others; run: chmod o-rwx {path}"
            raise ConfigError(msg)
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        msg = f"the secret file {path} cannot be read: {reason}"
        raise ConfigError(msg) from error
