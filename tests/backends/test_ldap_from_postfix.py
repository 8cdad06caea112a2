"""A table of Postfix read backwards answers what postmap answers, or the run ends and says why."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import pytest

from backends.ldap_directories import make_schema, read_directory
from backends.postfix_tables import make_old, write_postfix
from forwardresolve.sdk import (
    BackendMisconfigured,
    Domain,
    Forward,
    Mailbox,
    Record,
    Remark,
    Secret,
    Site,
    split_destinations,
)
from forwardresolve_backends._ldap_from_postfix import read_layout
from forwardresolve_backends._ldap_presets import read_preset, show_layout
from forwardresolve_backends.ldap import Layout, Ldap, Rule
from servers.private import find_program
from servers.slapd import READER, READER_PASSWORD, SUFFIX, Settings, Slapd, slapd_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from servers.certificates import Certificates

BASE: Final = f"ou=mail,{SUFFIX}"
DOMAINS: Final = ("a.example", "b.example")
NAMES: Final = (
    *("ann", "ben", "benjamin", "cat", "catchall", "dora", "emil", "empty"),
    *("fred", "inner", "kitty", "nobody", "team"),
)


def entry(name: str, *lines: str, under: str = BASE) -> str:
    text = "\n".join(lines)
    return f"dn: cn={name},{under}\nobjectClass: device\nobjectClass: mailUser\ncn: {name}\n{text}\n\n"


def branch(name: str, under: str = BASE) -> str:
    return f"dn: ou={name},{under}\nobjectClass: organizationalUnit\nou: {name}\n\n"


LDIF: Final = "".join(
    (
        branch("mail", SUFFIX),
        entry(
            "ann", "mail: ann@a.example", "mailForwardingAddress: ann@out.example", "domainName: a.example"
        ),
        entry(
            "ben",
            "mail: ben@a.example",
            "mail: Benjamin@A.example",
            "mailAlternateAddress: ben@b.example",
            "mailAlternateAddress: ben@a.example",
            "mailForwardingAddress: ben@out.example, ben2@out.example",
            "mailForwardingAddress: ann@a.example",
            "accountStatus: active",
            "domainName: a.example",
            "domainName: b.example",
        ),
        entry(
            "cat",
            "mail: cat@a.example",
            "mailAlternateAddress: ben@b.example",
            "mailForwardingAddress: cat@out.example",
            "targetAddress: cat@target.example",
            "accountStatus: disabled",
            "proxyAddresses: smtp:kitty@a.example",
            "proxyAddresses: SMTP:cat@b.example",
            "proxyAddresses: x500:ann@a.example",
        ),
        entry("catchall", "mail: @b.example", "mailForwardingAddress: anybody@out.example"),
        entry("word", "mail: catchall@a.example", "mailForwardingAddress: word@out.example"),
        entry("bare", "mail: bare", "mail: legacy.example", "mailForwardingAddress: bare@out.example"),
        entry("empty", "mail: empty@a.example"),
        entry(
            "team",
            "mail: team@a.example",
            f"member: cn=ann,{BASE}",
            f"member: CN=Inner, {BASE}",
            f"member: cn=nobody,{BASE}",
            "mailForwardingAddress: extra@out.example",
        ),
        entry("inner", "mail: inner@a.example", f"member: cn=cat,{BASE}"),
        branch("a.example"),
        branch("b.example"),
        entry(
            "dora",
            "mail: dora@a.example",
            "mailForwardingAddress: dora@out.example",
            under=f"ou=a.example,{BASE}",
        ),
        entry(
            "emil",
            "mail: emil@a.example",
            "mailForwardingAddress: emil@out.example",
            under=f"ou=b.example,{BASE}",
        ),
        branch("example"),
        branch("b", f"ou=example,{BASE}"),
        entry(
            "fred",
            "mail: fred@b.example",
            "mailForwardingAddress: fred@out.example",
            under=f"ou=b,ou=example,{BASE}",
        ),
    )
)

FORWARDS: Final = "result_attribute = mailForwardingAddress"
HERE: Final = f"search_base = {BASE}\n{FORWARDS}"
BY_MAIL: Final = f"search_base = {BASE}\nquery_filter = (mail=%s)"

INVERTIBLE: Final = {
    "an address": f"{HERE}\nquery_filter = (mail=%s)",
    "without brackets": f"{HERE}\nquery_filter = mail=%s",
    "upper-case placeholders": f"{HERE}\nquery_filter = (mail=%S)",
    "two attributes": f"{HERE}\nquery_filter = (|(mail=%s)(mailAlternateAddress=%s))",
    "both attributes": f"{HERE}\nquery_filter = (&(mail=%s)(mailAlternateAddress=%s))",
    "one and not the other": f"{HERE}\nquery_filter = (&(mail=%s)(!(mailAlternateAddress=%s)))",
    "a status": f"{HERE}\nquery_filter = (&(|(mail=%s)(mailAlternateAddress=%s))(!(accountStatus=disabled)))",
    "a double negation": f"{HERE}\nquery_filter = (!(|(!(mail=%s))(accountStatus=disabled)))",
    "a status for one of two": (
        f"{HERE}\nquery_filter = (|(mail=%s)(&(accountStatus=active)(|(mailAlternateAddress=%s)(mail=x%s))))"
    ),
    "a name in some domains": f"{HERE}\nquery_filter = (cn=%u)\ndomain = a.example, b.example",
    "a name in one domain": f"{HERE}\nquery_filter = (cn=%u)\ndomain = b.example",
    "a name and a domain": f"{HERE}\nquery_filter = (&(cn=%u)(domainName=%d))",
    "a name in an address": f"{HERE}\nquery_filter = (mail=%u@a.example)\ndomain = b.example",
    "an address from its parts": f"{HERE}\nquery_filter = (mail=%u@%d)",
    "an address and its domain": f"{HERE}\nquery_filter = (&(mailAlternateAddress=%s)(domainName=%d))",
    "some domains only": f"{HERE}\nquery_filter = (|(mail=%s)(mailAlternateAddress=%s))\ndomain = b.example",
    "a prefix": f"{HERE}\nquery_filter = (proxyAddresses=smtp:%s)",
    "a part": f"{HERE}\nquery_filter = (mail=*min@%d)",
    "a catch-all by its domain": f"{HERE}\nquery_filter = (mail=@%d)",
    "a catch-all by a word": f"{HERE}\nquery_filter = (mail=catchall@%d)",
    "a catch-all in some domains": f"{HERE}\nquery_filter = (mail=@%d)\ndomain = b.example x.example",
    "one level": f"{HERE}\nquery_filter = (mail=%s)\nscope = one",
    "one entry": f"search_base = cn=ann,{BASE}\nquery_filter = (mail=%s)\nscope = base\n{FORWARDS}",
    "a base with the domain": f"search_base = ou=%d,{BASE}\nquery_filter = (mail=%s)\n{FORWARDS}",
    "a base with the domain, and a name": f"search_base = ou=%d,{BASE}\nquery_filter = (cn=%u)\n{FORWARDS}",
    "a base with parts of the domain": (
        f"search_base = ou=%2,ou=%1, {BASE}\nquery_filter = (mail=%s)\n{FORWARDS}"
    ),
    "a base with the name": f"search_base = cn=%u,{BASE}\nquery_filter = (mail=%s)\n{FORWARDS}",
    "several results": f"{BY_MAIL}\nresult_attribute = targetAddress, mailForwardingAddress",
    "another host": f"{HERE}\nquery_filter = (mail=%s)\nresult_format = %u@hub.example",
    "parts of the key": f"{HERE}\nquery_filter = (mail=%s)\nresult_format = %U=%u@%D",
    "the obsolete name of the format": f"{HERE}\nquery_filter = (mail=%s)\nresult_filter = %u@hub.example",
    "a terminal result": f"{HERE}\nquery_filter = (mail=%s)\nterminal_result_attribute = targetAddress",
    "only a terminal result": f"{BY_MAIL}\nresult_attribute =\nterminal_result_attribute = targetAddress",
    "members": f"{HERE}\nquery_filter = (mail=%s)\nspecial_result_attribute = member",
    "members by their addresses": (
        f"{BY_MAIL}\nresult_attribute = mail\nleaf_result_attribute = mail\nspecial_result_attribute = member"
    ),
    "members and addresses": f"{HERE}\nquery_filter = (mail=%s)\nleaf_result_attribute = mail\n"
    "special_result_attribute = member",
}


@pytest.fixture(scope="module")
def directory(certificates: Certificates) -> Iterator[Slapd]:
    with slapd_with(certificates, LDIF, Settings(schema=make_schema())) as slapd:
        yield slapd


def write_table(directory: Path, text: str, server: str = "ldap://127.0.0.1") -> str:
    path = directory / "table.cf"
    path.write_text(f"server_host = {server}\nbind_dn = {READER}\nbind_pw = {READER_PASSWORD}\n{text}\n")
    make_old(path)
    return f"ldap:{path}"


def write_main(directory: Path, *lines: str) -> Path:
    """Write a main.cf that says nothing but what the lines say; the last one of a name counts."""
    path = directory / "main.cf"
    first = (
        "compatibility_level = 3.6",
        "myhostname = mx.example.net",
        "mydestination =",
        "virtual_alias_domains =",
        "alias_maps =",
    )
    path.write_text("\n".join([*first, *lines, ""]))
    return path


def read(slapd: Slapd, main_cf: Path, **options: object) -> list[Record]:
    backend = Ldap(
        url=slapd.ipc,
        bind_dn=READER,
        bind_password=Secret(READER_PASSWORD),
        base=BASE,
        from_postfix=main_cf,
        **options,  # type: ignore[arg-type] # each fits
    )
    return list(backend.records())


def forwards(records: Sequence[Record]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for each in records:
        if isinstance(each, Forward):
            texts = [each.destinations] if isinstance(each.destinations, str) else each.destinations
            found[each.source.casefold()] |= {
                one.casefold() for text in texts for one in split_destinations(text)
            }
    return found


def postmap(table: str, keys: Sequence[str]) -> dict[str, set[str]]:
    command = [find_program("postmap", "postfix-ldap"), "-q", "-", table]
    asked = "".join(f"{key}\n" for key in keys)
    done = subprocess.run(command, input=asked, text=True, capture_output=True, check=False)
    assert "fatal" not in done.stderr, done.stderr
    lines = (line.partition("\t") for line in done.stdout.splitlines())
    return {key: set(split_destinations(value.casefold())) for key, _, value in lines}


@pytest.mark.live
@pytest.mark.parametrize("name", INVERTIBLE)
def test_a_table_read_backwards_answers_what_postmap_answers(
    name: str, directory: Slapd, tmp_path: Path
) -> None:
    table = write_table(tmp_path, INVERTIBLE[name], directory.plain)
    main_cf = write_main(
        tmp_path, f"virtual_mailbox_domains = {' '.join(DOMAINS)}", f"virtual_alias_maps = {table}"
    )
    addresses = [f"{each}@{domain}" for each in NAMES for domain in DOMAINS]
    catchalls = [f"@{domain}" for domain in DOMAINS]

    derived = forwards(read(directory, main_cf))

    judged = postmap(table, [*addresses, *catchalls])
    assert judged
    for key in addresses:
        catchall = f"@{key.rpartition('@')[2]}"
        wanted = judged.get(key) or judged.get(catchall) or set()
        assert (derived.get(key) or derived.get(catchall) or set()) == wanted, key
    assert {key for key in derived if key in addresses} <= set(judged)


@pytest.mark.parametrize("name", INVERTIBLE)
def test_a_table_becomes_rules_without_placeholders_for_the_server(name: str, tmp_path: Path) -> None:
    table = write_table(tmp_path, INVERTIBLE[name])

    rules = read_layout(write_main(tmp_path, f"virtual_alias_maps = {table}")).rules

    assert rules
    assert not any("%" in rule.filter + rule.base for rule in rules)
    assert {rule.table for rule in rules} == {f"virtual_alias_maps: {table}"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "one and not the other",
            [{"keys": ("mail",), "match": "(!(mailAlternateAddress=%s))"}],
        ),
        (
            "a status for one of two",
            [
                {"keys": ("mail",)},
                {"keys": ("mailAlternateAddress",), "filter": "(accountStatus=active)"},
                {"keys": ("mail",), "filter": "(accountStatus=active)", "key_format": "x%s"},
            ],
        ),
    ],
)
def test_each_way_to_match_becomes_a_rule(name: str, expected: list[dict[str, Any]], tmp_path: Path) -> None:
    table = write_table(tmp_path, INVERTIBLE[name])

    rules = read_layout(write_main(tmp_path, f"virtual_alias_maps = {table}")).rules

    common = {"table": f"virtual_alias_maps: {table}", "base": BASE, "values": ("mailForwardingAddress",)}
    assert list(rules) == [Rule(**{**common, **each}) for each in expected]


def test_the_tables_of_iredmail_become_what_its_preset_says(tmp_path: Path) -> None:
    main_cf = write_postfix(read_directory("iredmail"), "ldap://127.0.0.1", tmp_path)

    def said(rules: Sequence[Rule]) -> list[tuple[object, ...]]:
        return [
            (rule.yields, rule.keys, rule.match, rule.key_form, rule.values)
            for rule in rules
            if rule.yields in ("forward", "bcc")
        ]

    derived, preset = said(read_layout(main_cf).rules), said(read_preset("iredmail").layout.rules)
    assert sorted(derived, key=str) == sorted(preset, key=str)


UNREADABLE: Final = {
    "no key": (f"{HERE}\nquery_filter = (objectClass=mailUser)", "answers for every address"),
    "a way without a key": (f"{HERE}\nquery_filter = (|(mail=%s)(cn=x))", "answers for every address"),
    "only a negation": (f"{HERE}\nquery_filter = (!(mail=%s))", "answers for every address"),
    "parts of the domain": (f"{HERE}\nquery_filter = (&(cn=%u)(ou=%1))", "query_filter with %1"),
    "a percent sign": (f"{HERE}\nquery_filter = (mail=%s%%)", "query_filter with %%"),
    "an inequality": (f"{HERE}\nquery_filter = (mail>=%s)", "only an equality"),
    "an extensible match": (f"{HERE}\nquery_filter = (mail:caseExactMatch:=%s)", "only an equality"),
    "two placeholders": (f"{HERE}\nquery_filter = (mail=%u.%d)", "(mail=%u.%d), which cannot"),
    "no filter": (f"{HERE}\nquery_filter = (mail=%s", "query_filter that is none: a ) is missing"),
    "address and domain": (f"{HERE}\nquery_filter = (|(mail=%s)(mail=@%d))", "make two tables"),
    "a domain without some of its addresses": (
        f"{HERE}\nquery_filter = (&(mail=@%d)(!(mailAlternateAddress=%s)))",
        "not for every address in it",
    ),
    "too many ways": (
        f"{HERE}\nquery_filter = (&" + "(|(cn=%s)(mail=%s)(uid=%s))" * 6 + ")",
        "more than 256 ways",
    ),
    "aliases": (f"{HERE}\nquery_filter = (mail=%s)\ndereference = 3", "dereference"),
    "no base": (f"{FORWARDS}\nquery_filter = (mail=%s)", "has no search_base"),
    "a scope": (f"{HERE}\nquery_filter = (mail=%s)\nscope = all", "unknown scope 'all'"),
    "a placeholder of the base": (
        f"search_base = ou=%x,{BASE}\nquery_filter = (mail=%s)",
        "search_base with %x",
    ),
    "one level of such a base": (
        f"search_base = ou=%d,{BASE}\nscope = one\nquery_filter = (mail=%s)\n{FORWARDS}",
        "searches only one",
    ),
    "a fixed result": (f"{HERE}\nquery_filter = (mail=%s)\nresult_format = OK", "result_format = OK"),
    "a digit in the result": (f"{HERE}\nquery_filter = (mail=%s)\nresult_format = %s@%1", "result_format"),
    "domains elsewhere": (f"{HERE}\nquery_filter = (mail=%s)\ndomain = hash:/x", "lies elsewhere"),
    "terminal and special": (
        f"{BY_MAIL}\nterminal_result_attribute = cn\nspecial_result_attribute = member",
        "cannot be read together",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_table_that_cannot_be_read_backwards_ends_the_run(name: str, tmp_path: Path) -> None:
    text, said = UNREADABLE[name]
    table = write_table(tmp_path, text)
    main_cf = write_main(tmp_path, f"virtual_alias_maps = proxy:{table}")

    with pytest.raises(BackendMisconfigured) as raised:
        read_layout(main_cf)

    assert str(raised.value).startswith(f"virtual_alias_maps = {table}: ")
    assert said in str(raised.value)
    assert "leave_out" in str(raised.value)


def test_a_table_may_be_left_out_by_name_and_is_told(tmp_path: Path) -> None:
    table = write_table(tmp_path, UNREADABLE["no key"][0])
    main_cf = write_main(tmp_path, f"virtual_alias_maps = unionmap:{{proxy:{table}}}")

    layout = read_layout(main_cf, [table])

    assert not layout.rules
    assert "postfix-table-left-out" in {each.id for each in layout.records if isinstance(each, Remark)}


def test_a_table_that_is_left_out_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match=r"leave_out: .*main\.cf names no table ldap:/typo"):
        read_layout(write_main(tmp_path), ["ldap:/typo"])


def remarks_of(main_cf: Path) -> dict[str, str]:
    return {each.id: each.text for each in read_layout(main_cf).records if isinstance(each, Remark)}


def test_tables_that_are_no_directory_are_told(tmp_path: Path) -> None:
    main_cf = write_main(tmp_path, "virtual_alias_maps = hash:/etc/postfix/virtual")

    assert "hash:/etc/postfix/virtual" in remarks_of(main_cf)["postfix-table-not-read"]


def test_the_default_of_alias_maps_is_told_too(tmp_path: Path) -> None:
    main_cf = tmp_path / "main.cf"
    main_cf.write_text("myhostname = mx.example.net\n")

    assert "hash:/etc/aliases" in remarks_of(main_cf)["postfix-table-not-read"]


@pytest.mark.parametrize("parameter", ["transport_maps", "relocated_maps", "always_bcc", "luser_relay"])
def test_settings_that_change_where_mail_goes_are_told(parameter: str, tmp_path: Path) -> None:
    main_cf = write_main(tmp_path, f"{parameter} = something")

    assert remarks_of(main_cf)["postfix-setting-not-read"].startswith(f"{parameter} is set and not read")


@pytest.mark.parametrize("parameter", ["virtual_mailbox_domains", "relay_domains", "mydestination"])
def test_a_list_of_domains_that_is_no_directory_ends_the_run(parameter: str, tmp_path: Path) -> None:
    main_cf = write_main(tmp_path, f"{parameter} = a.example hash:/etc/postfix/domains")

    with pytest.raises(BackendMisconfigured, match="would not all be known"):
        read_layout(main_cf)
    left_out = read_layout(main_cf, ["hash:/etc/postfix/domains"])
    assert Domain("a.example") in [Domain(each.name) for each in left_out.records if isinstance(each, Domain)]


def test_an_exception_in_a_list_of_domains_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match="exceptions of a list of domains"):
        read_layout(write_main(tmp_path, "relay_domains = !a.example example"))


def test_pipemaps_of_directories_end_the_run(tmp_path: Path) -> None:
    main_cf = write_main(tmp_path, "virtual_alias_maps = pipemap:{ldap:/a, ldap:/b}")

    with pytest.raises(BackendMisconfigured, match=r"pipemap:\{ldap:/a, ldap:/b\}: cannot be taken apart"):
        read_layout(main_cf)


def test_a_unionmap_of_a_directory_and_a_file_ends_the_run(tmp_path: Path) -> None:
    table = write_table(tmp_path, INVERTIBLE["an address"])
    main_cf = write_main(tmp_path, f"virtual_alias_maps = unionmap:{{{table}, hash:/x}}")

    with pytest.raises(BackendMisconfigured, match="hash:/x: is no directory"):
        read_layout(main_cf)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    main_cf = write_main(
        tmp_path, "virtual_alias_maps = ldap:/missing1, ldap:/missing2", "relay_domains = hash:/x"
    )

    with pytest.raises(BackendMisconfigured) as raised:
        read_layout(main_cf)

    assert [line.partition(":")[0] for line in str(raised.value).splitlines()] == [
        "relay_domains = hash",
        "virtual_alias_maps = ldap",
        "virtual_alias_maps = ldap",
    ]


def test_tables_of_several_directories_are_refused(tmp_path: Path) -> None:
    one = write_table(tmp_path, INVERTIBLE["an address"])
    other = tmp_path / "other"
    other.mkdir()
    two = write_table(other, INVERTIBLE["an address"], "ldap://elsewhere.example")

    with pytest.raises(BackendMisconfigured, match="several directories"):
        read_layout(write_main(tmp_path, f"virtual_alias_maps = {one} {two}"))


@pytest.mark.parametrize("parameter", ["relay_domains", "alias_maps"])
def test_a_table_that_never_answers_there_is_refused(parameter: str, tmp_path: Path) -> None:
    by_domain = write_table(tmp_path, f"{HERE}\nquery_filter = (mail=@%d)")
    with pytest.raises(BackendMisconfigured, match="asks for %d, which Postfix never knows here"):
        read_layout(write_main(tmp_path, f"{parameter} = {by_domain}"))

    restricted = write_table(tmp_path, f"{HERE}\nquery_filter = (mail=%s)\ndomain = a.example")
    with pytest.raises(BackendMisconfigured, match="restricts itself to domains"):
        read_layout(write_main(tmp_path, f"{parameter} = {restricted}"))


def test_a_table_that_asks_for_the_domain_alone_comes_last_or_ends_the_run(tmp_path: Path) -> None:
    first = write_table(tmp_path, INVERTIBLE["a catch-all by its domain"])
    other = tmp_path / "other"
    other.mkdir()
    second = write_table(other, INVERTIBLE["an address"])

    assert "postfix-domain-before-extension" in remarks_of(
        write_main(tmp_path, f"virtual_alias_maps = {second} {first}")
    )
    with pytest.raises(BackendMisconfigured, match="asks for %d alone"):
        read_layout(write_main(tmp_path, f"virtual_alias_maps = {first} {second}"))


def test_a_name_in_every_domain_is_told(tmp_path: Path) -> None:
    table = write_table(tmp_path, f"{HERE}\nquery_filter = (cn=%u)")

    assert "postfix-name-in-every-domain" in remarks_of(write_main(tmp_path, f"virtual_alias_maps = {table}"))


def test_domains_and_settings_come_from_the_same_main_cf(tmp_path: Path) -> None:
    (tmp_path / "mailname").write_text("origin.example\n")
    (tmp_path / "relayed").write_text("r1.example\nr2.example\n")
    main_cf = write_main(
        tmp_path,
        "mydestination = $myhostname, localhost",
        "virtual_alias_domains = alias.example",
        "virtual_mailbox_domains = a.example b.example",
        f"relay_domains = {tmp_path}/relayed .r3.example",
        f"myorigin = {tmp_path}/mailname",
        "recipient_delimiter = -",
    )

    records = read_layout(main_cf).records

    assert {each.name: each.kind for each in records if isinstance(each, Domain)} == {
        "mx.example.net": "local",
        "localhost": "local",
        "alias.example": "alias",
        "a.example": "mailbox",
        "b.example": "mailbox",
        "r1.example": "relay",
        "r2.example": "relay",
        "r3.example": "relay",
    }
    assert [(each.recipient_delimiter, each.myorigin) for each in records if isinstance(each, Site)] == [
        ("-", "origin.example")
    ]


def test_a_file_that_main_cf_refers_to_must_be_readable(tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match="/missing: cannot be read"):
        read_layout(write_main(tmp_path, "myorigin = /missing"))


@pytest.mark.live
def test_lists_of_domains_and_mailboxes_come_from_tables(directory: Slapd, tmp_path: Path) -> None:
    table = write_table(tmp_path, f"search_base = {BASE}\nquery_filter = (domainName=%s)\n{FORWARDS}")
    other = tmp_path / "other"
    other.mkdir()
    mailboxes = write_table(other, f"{BY_MAIL}\nresult_attribute = domainName\nresult_format = OK")

    records = read(
        directory,
        write_main(tmp_path, f"virtual_mailbox_domains = {table}", f"virtual_mailbox_maps = {mailboxes}"),
    )

    assert {each.name for each in records if isinstance(each, Domain)} == {"a.example", "b.example"}
    assert {each.address for each in records if isinstance(each, Mailbox)} == {
        "ann@a.example",
        "ben@a.example",
        "Benjamin@A.example",
    }


@pytest.mark.live
def test_by_default_bare_domains_of_virtual_aliases_are_hosted(directory: Slapd, tmp_path: Path) -> None:
    table = write_table(tmp_path, INVERTIBLE["an address"], directory.plain)
    main_cf = tmp_path / "main.cf"
    main_cf.write_text(
        f"myhostname = mx.example.net\nmydestination =\nalias_maps =\nvirtual_alias_maps = {table}\n"
    )

    domains = [each for each in read(directory, main_cf) if isinstance(each, Domain)]

    assert {(each.name, each.kind) for each in domains} == {("legacy.example", "alias"), ("bare", "alias")}


def test_by_default_tables_without_bare_domains_are_no_lists_of_them(tmp_path: Path) -> None:
    table = write_table(tmp_path, INVERTIBLE["a name in one domain"])
    main_cf = tmp_path / "main.cf"
    main_cf.write_text(
        f"myhostname = mx.example.net\nmydestination =\nalias_maps =\nvirtual_alias_maps = {table}\n"
    )

    assert [rule.yields for rule in read_layout(main_cf).rules] == ["forward"]


def test_parameters_of_a_table_may_stand_in_main_cf(tmp_path: Path) -> None:
    main_cf = write_main(
        tmp_path,
        "virtual_alias_maps = ldap:people",
        f"root = {SUFFIX}",
        "people_search_base = ou=mail,$root",
        "people_query_filter = (mail=%s)",
        "people_result_attribute = mailForwardingAddress",
    )

    assert read_layout(main_cf).rules == (
        Rule(
            table="virtual_alias_maps: ldap:people",
            base=BASE,
            keys=("mail",),
            values=("mailForwardingAddress",),
        ),
    )


def test_what_is_known_without_the_directory_is_shown(tmp_path: Path) -> None:
    main_cf = write_main(tmp_path, "relay_domains = r.example", "always_bcc = all@a.example")

    shown = Ldap.describe({"from_postfix": str(main_cf)})

    assert shown.startswith(
        "# hosted domain r.example (relay)\n# postfix-setting-not-read: always_bcc is set"
    )
    assert "# recipient_delimiter none, myorigin mx.example.net" in shown


def test_records_of_any_kind_can_be_shown() -> None:
    assert show_layout(Layout(rules=(), records=(Mailbox("ann@a.example"),))).startswith("# Mailbox(")


def test_an_option_that_does_not_exist_is_not_described() -> None:
    with pytest.raises(BackendMisconfigured, match="no option 'from_postifx'; did you mean from_postfix"):
        Ldap.describe({"from_postifx": "main.cf"})
    with pytest.raises(BackendMisconfigured, match=r"no option 'xyz'$"):
        Ldap.describe({"xyz": "main.cf"})


def test_a_main_cf_without_directories_is_refused_as_a_source(tmp_path: Path) -> None:
    backend = Ldap(url="ldapi:///", from_postfix=write_main(tmp_path))

    with pytest.raises(BackendMisconfigured, match=r"main\.cf: names no ldap: table"):
        backend.layout()


def test_a_table_without_a_slash_is_named_as_parameters_of_main_cf(tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match=r"\(a\.cf_search_base in main\.cf"):
        read_layout(write_main(tmp_path, "virtual_alias_maps = ldap:a.cf"))


def test_a_default_is_told_as_one(tmp_path: Path) -> None:
    main_cf = tmp_path / "main.cf"
    main_cf.write_text("myhostname = mx.example.net\nvirtual_alias_maps = hash:/x\n")

    with pytest.raises(
        BackendMisconfigured, match=r"^virtual_alias_domains \(which is not set, so by default\)"
    ):
        read_layout(main_cf)
