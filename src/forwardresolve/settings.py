"""How a graph reads its rows, and which ends count as outside."""

from __future__ import annotations

from typing import Literal

import attrs

FinalKind = Literal["external", "relay", "mailbox", "undeliverable", "opaque", "discard", "autoreply", "list"]
Policy = Literal["internal", "external"]


@attrs.frozen
class Settings:
    """How the graph reads its rows, and which ends count as outside.

    Args:
        recipient_delimiter: Postfix' ``recipient_delimiter``: each character begins an extension;
            empty for none.
        myorigin: The domain that completes bare names; None: a bare name is an account of the
            mail host.
        relay: Whether a relay domain counts as outside.
        internal_domains: Domains that are ours though no source hosts them.
        kept_copy: ``list``: an address that also stays local is listed; ``ignore``: it is left
            to the mailbox's own filter.
        opaque: Whether a command, file or include counts as outside.
        lists: Whether a mailing list counts as outside.
        autoreply: Whether an autoresponder counts as outside.
    """

    recipient_delimiter: str = "+"
    myorigin: str | None = None
    relay: Policy = "internal"
    internal_domains: frozenset[str] = frozenset()
    kept_copy: Literal["list", "ignore"] = "list"
    opaque: Policy = "internal"
    lists: Policy = "internal"
    autoreply: Policy = "internal"

    def counts_as_outside(self, kind: FinalKind) -> bool:
        """Tell whether a path that ends so reaches outside."""
        if kind in ("mailbox", "undeliverable", "discard"):
            return False
        policies = {
            "relay": self.relay,
            "opaque": self.opaque,
            "list": self.lists,
            "autoreply": self.autoreply,
        }
        return policies.get(kind, kind) == "external"

    @property
    def only_external_is_outside(self) -> bool:
        """Tell whether no end inside a hosted domain counts as outside."""
        return "external" not in (self.relay, self.opaque, self.lists, self.autoreply)
