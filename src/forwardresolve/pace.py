"""How the resident process behaves: the table ``[watch]``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import attrs

SOCKET: Final = Path("/run/forwardresolve/watch/socket")
"""Where the resident process listens."""


def _is_time(_: object, field: attrs.Attribute[Any], value: float) -> None:
    if not 0 < value <= 86_400:  # noqa: PLR2004 (a day)
        msg = "must be more than 0 and at most 86400 seconds"
        raise ValueError(msg, field)


@attrs.frozen(kw_only=True)
class Pace:
    """The table ``[watch]``: how often the resident process looks, and where it listens.

    Args:
        poll: Seconds between two questions to a source that can tell cheaply whether it has
            changed.
        reread: Seconds between two readings where a source cannot tell.
        compare: Seconds after which everything is read and resolved anew, and compared.
        settle: Seconds that more changes are waited for after one, so that a burst is one
            deployment.
        socket: The Unix socket that panels speak to. Who may is decided by its group, which is
            that of its directory where that has the setgid bit.
    """

    poll: float = attrs.field(default=10, validator=_is_time)
    reread: float = attrs.field(default=300, validator=_is_time)
    compare: float = attrs.field(default=600, validator=_is_time)
    settle: float = attrs.field(default=0.2, validator=_is_time)
    socket: Path = SOCKET
