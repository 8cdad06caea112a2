"""Whatever a filter looks like: its rules have exactly the keys that it answers for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forwardresolve_backends._ldap_answers import Answer, Meaning
from forwardresolve_backends._ldap_filters import matches, parse_filter
from forwardresolve_backends._ldap_inversion import Use, invert
from forwardresolve_backends._ldap_pages import Entry
from forwardresolve_backends._postfix_ldap import LdapTable, NotInvertible

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCALS: Final = ("x", "y", "z")
DOMAINS: Final = ("p.example", "q.example")
ADDRESSES: Final = tuple(f"{local}@{domain}" for local in LOCALS for domain in DOMAINS)
VALUES: Final = (*ADDRESSES, *LOCALS, *DOMAINS, *(f"@{domain}" for domain in DOMAINS), "on")
ATTRIBUTES: Final = ("a", "b", "c")
COMPARISONS: Final = ("%s", "%s", "%u", "%d", "@%d", "*@%d", "%u@%d", "on", "*", "x@p.example")

filters = st.recursive(
    st.builds("({}={})".format, st.sampled_from(ATTRIBUTES), st.sampled_from(COMPARISONS)),
    lambda inner: st.one_of(
        st.builds("(!{})".format, inner),
        st.builds("(&{}{})".format, inner, inner),
        st.builds("(|{}{})".format, inner, inner),
    ),
    max_leaves=5,
)
entries = st.fixed_dictionaries(
    {}, optional={name: st.lists(st.sampled_from(VALUES), max_size=3, unique=True) for name in ATTRIBUTES}
)


def table(query: str, domains: Sequence[str]) -> LdapTable:
    return LdapTable(
        name="ldap:/table",
        server="localhost",
        base="dc=example",
        scope="sub",
        filter=query,
        domains=domains,
        values=["goesto"],
        leaf=[],
        terminal=[],
        special=[],
        result_format="%s",
        follows_aliases=False,
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(query=filters, entry=entries, domains=st.sampled_from([(), DOMAINS[:1], DOMAINS]))
def test_rules_have_the_keys_that_the_filter_answers_for(
    query: str, entry: dict[str, list[str]], domains: Sequence[str]
) -> None:
    try:
        rules = invert(table(query, domains), Use("forward"))
    except NotInvertible:
        assume(False)  # noqa: FBT003 (it rejects the example)
        return

    def values(name: str) -> Sequence[str]:
        return entry.get(name, ())

    def answers(address: str) -> bool:
        local, _, domain = address.partition("@")
        filled = {"%s": address, "%u": local, "%d": domain}
        return (not domains or domain in domains) and matches(parse_filter(query), values, filled)

    attributes = {name: tuple(value.encode() for value in held) for name, held in entry.items() if held}
    whole = Entry("cn=entry", {**attributes, "goesto": (b"somewhere@out.example",)})
    keys = {
        key
        for number, rule in enumerate(rules)
        if rule.filter == "(objectClass=*)" or matches(parse_filter(rule.filter), values, {})
        for found in Meaning.of(number, rule, str, DOMAINS).answers(whole)
        if isinstance(found, Answer)
        for key in found.keys
    }
    for address in ADDRESSES:
        catchall = address[address.index("@") :]
        # A row of an address that is asked in full also answers where only the domain counts.
        by_domain = any(rule.key_form == "domain" for rule in rules) and catchall in keys
        assert (address in keys or by_domain) == answers(address), (address, rules)
