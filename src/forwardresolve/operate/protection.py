"""What the last verification found, kept for whoever asks between two of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence  # noqa: TC003 (cattrs reads the annotations)
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.errors import ConfigError, TargetError
from forwardresolve.options import structure
from forwardresolve.rspamd.diagnosis import OBSERVING
from forwardresolve.rspamd.writing import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from forwardresolve.rspamd.verifying import Protection

_FILE: Final = "verified.json"
_MODE: Final = 0o600
_LOG: Final = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Verified:
    """What became of one verification of one Rspamd.

    Args:
        name: The front end.
        when: When it was asked, in seconds since 1970.
        protects: Whether it refused spam to what is listed, and nothing else; None where it could
            not be asked.
        version: The version of Rspamd; empty where it is not known.
        problems: The ids of the findings that are errors, or why it could not be asked. Never an
            address.
    """

    name: str
    when: float
    protects: bool | None
    version: str = ""
    problems: Sequence[str] = ()

    @classmethod
    def of(cls, name: str, when: float, found: Protection | TargetError) -> Verified:
        """Keep of an answer what later questions need."""
        if isinstance(found, TargetError):
            return cls(name=name, when=when, protects=None, problems=(str(found),))
        ids = tuple(sorted({each.id for each in found.findings if each.severity == "error"}))
        return cls(name=name, when=when, protects=found.protects, version=found.version, problems=ids)


@attrs.frozen
class _File:
    verified: Sequence[Verified]


def load(state_dir: Path) -> Mapping[str, Verified]:
    """Return the last verification of every front end, by name.

    A file that is not there or is damaged holds none: the next verification writes it anew.

    Raises:
        TargetError: The file system refuses.
    """
    path = state_dir / _FILE
    try:
        kept = structure(json.loads(path.read_text(encoding="utf-8")), _File, "")
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, ConfigError):
        _LOG.warning("%s: is damaged, so nothing is known of earlier verifications", path)
        return {}
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise TargetError(msg) from error
    return {each.name: each for each in kept.verified}


def save(state_dir: Path, verified: Iterable[Verified]) -> None:
    """Keep verifications in the place of all earlier ones.

    Raises:
        TargetError: The file system refuses; what was there stays.
    """
    text = json.dumps({"verified": [attrs.asdict(each) for each in verified]}, indent=2)
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(state_dir / _FILE, f"{text}\n".encode(), _MODE)
    except OSError as error:
        msg = f"{error.filename or state_dir}: cannot be written: {error.strerror}"
        raise TargetError(msg) from error


def events(before: Mapping[str, Verified], now: Iterable[Verified]) -> Iterator[tuple[int, str]]:
    """Say in a line each what a verification found, without an address.

    Args:
        before: The last verification.
        now: This one.

    Yields:
        The level of logging and the text.
    """
    for each in now:
        last = before.get(each.name)
        if last and last.version and each.version and last.version != each.version:
            yield logging.WARNING, f"{each.name}: Rspamd went from {last.version} to {each.version}"
        if each.protects:
            yield logging.INFO, f"{each.name}: protected (Rspamd {each.version})"
        elif each.protects is None:
            yield logging.ERROR, f"{each.name}: cannot be verified: {'; '.join(each.problems)}"
        elif each.problems == (OBSERVING,):
            yield logging.WARNING, f'{each.name}: nothing is refused, because of mode = "observe"'
        else:
            told = ", ".join(each.problems)
            yield (
                logging.ERROR,
                f"{each.name}: NOT PROTECTED: {told}; forwardresolve verify shows the addresses",
            )
