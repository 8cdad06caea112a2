"""One door to all renderers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from forwardresolve.explain.as_json import explanation_as_json, reverse_as_json, what_if_as_json
from forwardresolve.explain.explanation import Explanation
from forwardresolve.explain.pictures import picture_of, picture_of_reverse
from forwardresolve.explain.reverse import Reverse

if TYPE_CHECKING:
    from forwardresolve.explain.pictures import Picture
    from forwardresolve.explain.what_if import WhatIf

Format = Literal["text", "json", "mermaid", "dot"]


def render(told: Explanation | Reverse | WhatIf, form: Format) -> str:
    """Write an explanation.

    Args:
        told: What `explain`, `explain_reverse` or `what_if` returned.
        form: ``text`` for people, ``json`` for programs, ``mermaid`` and ``dot`` for pictures; the
            picture of a what-if is how it would be.
    """
    if form == "text":
        return str(told)
    if form == "json":
        return json.dumps(_as_json(told), indent=2)
    picture = _picture(told)
    return picture.as_mermaid() if form == "mermaid" else picture.as_dot()


def _as_json(told: Explanation | Reverse | WhatIf) -> dict[str, object]:
    if isinstance(told, Explanation):
        return explanation_as_json(told)
    return reverse_as_json(told) if isinstance(told, Reverse) else what_if_as_json(told)


def _picture(told: Explanation | Reverse | WhatIf) -> Picture:
    if isinstance(told, Reverse):
        return picture_of_reverse(told)
    return picture_of(told if isinstance(told, Explanation) else told.after)
