"""Settings of Postfix that no record can express, and what follows where they are set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from forwardresolve_backends._postfix_cf import MainCf

_NOT_HEARD: Final[Mapping[str, str]] = {
    "always_bcc": "it gets a copy of every message, wherever the message goes",
    "luser_relay": "it gets what nobody else of the local domains takes",
}
_NEEDED: Final = (
    ("canonical_maps", "canonical_classes", "envelope_recipient", "here the table rewrites every recipient"),
    (
        "recipient_canonical_maps",
        "recipient_canonical_classes",
        "envelope_recipient",
        "here the table rewrites every recipient",
    ),
    (
        "relay_domains",
        "parent_domain_matches_subdomains",
        "relay_domains",
        "here a relay domain takes its subdomains along",
    ),
)
"""What is used, the setting that says how, and the member without which it is used in another way."""


def unread_settings(main_cf: MainCf, used: Collection[str]) -> Iterator[tuple[str, str]]:
    """Find the settings that say what is not followed.

    Args:
        main_cf: The parameters.
        used: Names of the maps and lists of domains that are not empty.

    Yields:
        Names of parameters, each with what follows.
    """
    for name, consequence in _NOT_HEARD.items():
        if main_cf.value(name):
            yield name, consequence
    propagated = set(main_cf.items("propagate_unmatched_extensions"))
    if main_cf.value("recipient_delimiter") and not {"canonical", "virtual"} <= propagated:
        consequence = "here an extension goes on behind every result of virtual and canonical tables"
        yield "propagate_unmatched_extensions", consequence
    for name, setting, member, consequence in _NEEDED:
        if name in used and member not in main_cf.items(setting):
            yield setting, consequence
