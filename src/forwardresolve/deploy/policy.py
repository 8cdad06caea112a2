"""How a deployment behaves: the table ``[deploy]``, and what a source that is down means."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any, Final, Literal

import attrs

_SECONDS: Final = {"m": 60, "h": 3600, "d": 86400}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})([mhd])").fullmatch


def _is_duration(_: Any, attribute: attrs.Attribute[str], value: str) -> None:  # noqa: ANN401 (the instance)
    if _DURATION(value) is None:
        msg = f'{attribute.name} must be a time such as "90m", "24h" or "7d", not {value!r}'
        raise ValueError(msg)


@attrs.frozen(kw_only=True)
class Deploy:
    """The table ``[deploy]``.

    Args:
        on_failure: What a failing target means for those behind it in the configuration:
            ``continue`` goes on with them, ``stop`` leaves them as they are.
        generations: How many generations are kept for a way back. Whole ones count; the clicks
            since, which ``watch`` keeps as what they change, belong to them.
        days: How long they are kept at most. What a target holds, and what it held before, stays.
        hooks: Where the directories ``pre``, ``deploy`` and ``fail`` are, whose programs are run
            before maps go out, after it, and after a failure.
        hook_timeout: Seconds that one of these programs may take.
    """

    on_failure: Literal["continue", "stop"] = "continue"
    generations: int = attrs.field(default=10, validator=attrs.validators.ge(2))
    days: int = attrs.field(default=30, validator=attrs.validators.ge(1))
    hooks: Path = Path("/etc/forwardresolve/hooks")
    hook_timeout: float = attrs.field(default=60, validator=attrs.validators.gt(0))


@attrs.frozen(kw_only=True)
class Fallback:
    """What it means that a source is down: two keys of its table.

    Args:
        on_unavailable: ``stop`` ends the run and leaves everything; ``last-good`` uses the last
            complete read of a good run.
        max_age: How old that read may be: ``90m``, ``24h``, ``7d``.
    """

    on_unavailable: Literal["stop", "last-good"] = "stop"
    max_age: str = attrs.field(default="24h", validator=_is_duration)

    @property
    def age(self) -> dt.timedelta:
        """How old the last complete read may be."""
        found = _DURATION(self.max_age)
        assert found is not None  # noqa: S101 (the validator has seen to it)
        return dt.timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
