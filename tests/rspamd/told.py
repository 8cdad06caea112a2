"""Which recipients the findings of a build speak about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve.addresses import split_address, split_extension

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forwardresolve.findings import Finding


def is_told(found: Iterable[Finding], recipient: str) -> bool:
    """Tell whether a finding covers a normalised recipient."""
    local, domain = split_address(recipient)
    base = split_extension(local, "+")[0]
    for each in found:
        about, its_domain = split_address(each.address)
        if each.id == "rspamd-delimiter" or each.address in (recipient, f"@{domain}"):
            return True
        if each.id == "rspamd-extension" and (split_extension(about, "+")[0], its_domain) == (base, domain):
            return True
        if each.id == "rspamd-subdomains" and domain.endswith(its_domain):
            return True
    return False
