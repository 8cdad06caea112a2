"""Derive rules from the ``ldap:`` tables of a main.cf."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from forwardresolve_backends._ldap_rules import Layout


def read_layout(main_cf: Path, leave_out: Sequence[str]) -> Layout:
    """Turn the tables of a main.cf round."""
    raise NotImplementedError(main_cf, leave_out)
