"""Configurations of Postfix in a directory, and stand-ins for its programs where no Postfix is needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve_backends.postfix import Postfix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from forwardresolve import Resolution
    from forwardresolve.sdk import Record

DEFAULTS: Final[Mapping[str, str]] = {
    "alias_maps": "",
    "canonical_classes": "envelope_sender, envelope_recipient",
    "compatibility_level": "3.6",
    "mydestination": "",
    "myhostname": "mx.host.example",
    "myorigin": "$myhostname",
    "parent_domain_matches_subdomains": "relay_domains",
    "propagate_unmatched_extensions": "canonical, virtual",
    "recipient_canonical_classes": "envelope_recipient",
    "recipient_delimiter": "+",
    "relay_domains": "",
    "virtual_alias_domains": "$virtual_alias_maps",
    "virtual_alias_maps": "",
    "virtual_mailbox_domains": "$virtual_mailbox_maps",
    "virtual_mailbox_maps": "",
}

_POSTCONF: Final = """\
#!/bin/sh
# postconf -c DIR -x | -x -h NAME | -n | -M
if [ "$4" = -h ]; then sed -n "s/^$5 = //p" "$2/expanded"; exit; fi
case $3 in
-x) cat "$2/expanded" ;;
-n) cat "$2/main.cf" ;;
-M) cat "$2/master.cf" ;;
esac
"""
_POSTMAP: Final = """\
#!/bin/sh
# postmap -c DIR -s TYPE:FILE | -q - TYPE:FILE
case $3 in
-s) file=${4#*:} ;;
-q) cat >/dev/null; file=${5#*:} ;;
esac
if [ -e "$file.said" ]; then cat "$file.said" >&2; exit 1; fi
cat "$file.listed"
"""


def write_main_cf(directory: Path, **parameters: str) -> Path:
    """Write a main.cf, and what postconf would say of it; return its directory.

    Args:
        directory: Where.
        parameters: Beside `DEFAULTS`; ``{here}`` stands for the directory.
    """
    directory.mkdir(exist_ok=True)
    given = {name: value.replace("{here}", str(directory)) for name, value in parameters.items()}
    every = {**DEFAULTS, **given}
    own = {"alias_maps": "", "compatibility_level": "3.6", "mydestination": "", **given}
    (directory / "main.cf").write_text(_lines(own))
    (directory / "master.cf").touch()
    (directory / "expanded").write_text(
        _lines({name: _expanded(value, every) for name, value in every.items()})
    )
    return directory


def _expanded(value: str, every: Mapping[str, str]) -> str:
    return every[value.removeprefix("$")] if value.startswith("$") else value


def _lines(parameters: Mapping[str, str]) -> str:
    return "".join(f"{name} = {value}".rstrip() + "\n" for name, value in parameters.items())


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put programs in front of Postfix' own that know the files of `write_main_cf` only."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in (("postconf", _POSTCONF), ("postmap", _POSTMAP)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return programs


def read(directory: Path, **options: object) -> list[Record]:
    """Read a directory with the backend."""
    return [*Postfix(config_dir=directory, **options).records()]  # type: ignore[arg-type] # as a test gives them


def resolution(records: Iterable[Record]) -> Resolution:
    """Resolve records."""
    return resolve(ForwardingGraph.from_records(records))
