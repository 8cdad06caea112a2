"""The mail hosts that the tests of explanations look at."""

from __future__ import annotations

from typing import Any, Final

from forwardresolve import (
    Domain,
    DomainAlias,
    Forward,
    ForwardingGraph,
    Mailbox,
    Origin,
    Resolution,
    resolve,
)

ALIAS: Final = Origin("alias")
BASE: Final = "dc=firma,dc=example"

PANEL: Final = (
    Domain("kunde.example"),
    Domain("shop.example"),
    DomainAlias("kunde-shop.example", "kunde.example"),
    Mailbox("buero@kunde.example"),
    Mailbox("vertrieb@kunde.example"),
    Forward("info@kunde.example", "vertrieb@kunde.example, buero@kunde.example", origin=ALIAS),
    Forward(
        "vertrieb@kunde.example",
        "vertrieb@kunde.example, team@shop.example, lager@shop.example",
        origin=ALIAS,
    ),
    Forward("@shop.example", "anna@firma.example", origin=ALIAS),
    Forward("reise@kunde.example", "anna.muster@gmail.example", origin=Origin("alias", "id 4711")),
)
OFFICE: Final = (
    Domain("firma.example"),
    Mailbox("anna@firma.example"),
    Forward(
        "anna@firma.example",
        "anna@firma.example, unterwegs+anna@firma.example",
        origin=Origin(f"ou=people,{BASE}", f"uid=anna,ou=people,{BASE}"),
    ),
    Forward(
        "unterwegs@firma.example",
        "reise@kunde-shop.example, archiv@firma.example",
        origin=Origin(f"ou=roles,{BASE}", f"cn=unterwegs,ou=roles,{BASE}"),
    ),
)


def six_hops() -> Resolution:
    """Return two sources, a panel and a directory, with a way of six forwardings through both."""
    return resolve(ForwardingGraph.from_sources({"panel": PANEL, "office": OFFICE}))


def answer(*records: Any, **settings: Any) -> Resolution:  # noqa: ANN401 (whatever a graph takes)
    """Return the resolution of a few records; ``a.example`` is hosted and has the mailbox ``box``."""
    ours = (Domain("a.example"), Mailbox("box@a.example"))
    return resolve(ForwardingGraph.from_records([*ours, *records], **settings))
