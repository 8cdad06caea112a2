"""The value that every check yields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    from forwardresolve.records import Origin

Severity = Literal["error", "warning", "notice"]


@attrs.frozen
class Finding:
    """Something an operator should know.

    Args:
        id: A stable name; the documentation has a page of that name.
        severity: ``error``: the list is wrong or incomplete; ``warning``: mail is lost or goes
            where nobody meant it to; ``notice``: worth knowing.
        text: One sentence that says what is so.
        advice: One sentence that says what to do.
        address: The address or domain it is about, if any.
        origin: The row it was seen in, if any.
    """

    id: str
    severity: Severity
    text: str
    advice: str = ""
    address: str = ""
    origin: Origin | None = None
