"""The backend ``ldap`` on real servers: what it reads, and that it reads whole or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from backends.ldap_directory import (
    ENTRIES,
    FORWARDS,
    PAGE,
    SETTINGS,
    TWENTY,
    WHOLE,
    at,
    backend_of,
    dn_of,
    entry,
)
from benchmarks.directory import measure, users
from forwardresolve.sdk import (
    BackendIncomplete,
    BackendMisconfigured,
    BackendNotInstalled,
    BackendUnavailable,
    Forward,
    Remark,
)
from forwardresolve_backends._ldap_connection import Link
from forwardresolve_backends.ldap import Rule
from servers import bad_lines
from servers.private import free_port
from servers.slapd import READER, READER_PASSWORD, SUFFIX, slapd_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.sdk import Backend, Record
    from forwardresolve_backends.ldap import Ldap
    from servers.certificates import Certificates
    from servers.slapd import Slapd

pytestmark = pytest.mark.live


def forwards(backend: Backend) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (record.source, tuple(record.destinations))
        for record in backend.records()
        if isinstance(record, Forward)
    ]


def remarks(records: Iterator[Record]) -> dict[str, str]:
    return {record.id: record.text for record in records if isinstance(record, Remark)}


@pytest.fixture(scope="module")
def twenty(certificates: Certificates) -> Iterator[Slapd]:
    """Run a server with twenty forwardings, which no test changes."""
    with slapd_with(certificates, TWENTY, SETTINGS) as slapd:
        yield slapd


@pytest.fixture
def own_twenty(certificates: Certificates) -> Iterator[Slapd]:
    """Run the same for one test."""
    with slapd_with(certificates, TWENTY, SETTINGS) as slapd:
        yield slapd


# Whole or not at all


@pytest.mark.parametrize("page", [1, PAGE, 7, ENTRIES, 500])
def test_every_entry_is_read_once_whatever_the_page(page: int, twenty: Slapd) -> None:
    found = forwards(backend_of(twenty, page_size=page))

    assert len(found) == ENTRIES
    assert set(found) == WHOLE


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        pytest.param("size=10", "size limit", id="on a page boundary"),
        pytest.param("size=12", "size limit", id="in the middle of a page"),
        pytest.param("size=3", "size limit", id="in the first page"),
        pytest.param("size.prtotal=10", "size limit", id="over all pages"),
        pytest.param("size.prtotal=disabled", "limit of its administrator", id="no pages allowed"),
    ],
)
def test_a_limit_of_the_server_is_no_end(limit: str, says: str, certificates: Certificates) -> None:
    settings = attrs.evolve(SETTINGS, database=(f'limits dn.exact="{READER}" {limit}',))
    with (
        slapd_with(certificates, TWENTY, settings) as slapd,
        pytest.raises(BackendIncomplete, match=says),
    ):
        forwards(backend_of(slapd, page_size=PAGE))


@pytest.mark.parametrize("moment", [1, PAGE, PAGE + 1, ENTRIES - 1])
def test_a_server_that_is_killed_gives_nothing(
    moment: int, own_twenty: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(moment, own_twenty.kill, monkeypatch)

    with pytest.raises(BackendUnavailable):
        forwards(backend_of(own_twenty, page_size=PAGE, url=own_twenty.plain, tls="none"))


def test_a_line_that_is_cut_anywhere_gives_nothing(twenty: Slapd) -> None:
    def read(cut_after: int) -> int:
        with bad_lines.listening(bad_lines.passing_on(twenty.port, cut_after)) as line:
            url = f"ldap://127.0.0.1:{line.port}"
            found = forwards(backend_of(twenty, page_size=PAGE, url=url, tls="none", check_schema=False))
            assert set(found) == WHOLE
            return line.passed

    everything = read(1 << 20)
    for cut_after in (0, 1, 13, 14, 20, 100, *range(300, everything, 200), everything - 1):
        with pytest.raises(BackendUnavailable):
            read(cut_after)


def test_of_several_servers_the_first_one_counts_that_gives_everything(
    twenty: Slapd, certificates: Certificates
) -> None:
    settings = attrs.evolve(SETTINGS, database=(f'limits dn.exact="{READER}" size=12',))
    with slapd_with(certificates, TWENTY, settings) as limited:
        nobody = f"ldap://127.0.0.1:{free_port()}"
        urls = [nobody, limited.plain, twenty.plain]
        found = forwards(backend_of(twenty, url=urls, tls="none", page_size=PAGE))
        assert sorted(found) == sorted(WHOLE)

        with pytest.raises(BackendIncomplete, match=r"none of the 2 servers.*cannot be reached.*size limit"):
            forwards(backend_of(twenty, url=urls[:2], tls="none", page_size=PAGE))


def test_a_wrong_password_is_tried_at_one_server_only(twenty: Slapd) -> None:
    with bad_lines.listening(bad_lines.say_nothing) as line:
        urls = [twenty.plain, f"ldap://127.0.0.1:{line.port}"]
        wrong = backend_of(twenty, url=urls, tls="none", bind_dn=f"cn=nobody,{SUFFIX}")

        with pytest.raises(BackendMisconfigured, match="refuses the login") as caught:
            forwards(wrong)
        assert line.calls == 0
        assert READER_PASSWORD not in str(caught.value)


# A directory that is changed while it is read

MOVED: Final = f"dn: {dn_of('e19')}\nchangetype: modify\nreplace: goesTo\ngoesTo: moved@b.example\n\n"
ADDED: Final = entry("e99", addr="u99@a.example", goesTo="u99@b.example")


def test_a_change_in_the_middle_is_seen_whole_by_another_read(
    own_twenty: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = f"dn: {dn_of('e0')}\nchangetype: delete\n\n"
    at(PAGE, lambda: own_twenty.modify(gone + ADDED), monkeypatch)

    found = dict(forwards(backend_of(own_twenty, page_size=PAGE)))

    assert len(found) == ENTRIES
    assert "u0@a.example" not in found
    assert "u99@a.example" in found


def test_a_directory_that_never_stands_still_is_an_error(
    own_twenty: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(range(100))

    def change() -> None:
        own_twenty.modify(MOVED.replace("moved@", f"moved{next(numbers)}@"))

    at(PAGE, change, monkeypatch, again=True)

    with pytest.raises(BackendIncomplete, match="was changed each of the 2 times"):
        forwards(backend_of(own_twenty, page_size=PAGE, attempts=2))


def test_changes_of_what_is_not_read_do_no_harm(own_twenty: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(100))

    def change() -> None:
        own_twenty.modify(entry(f"stranger {next(numbers)}", hostedName="s.example"))

    at(PAGE, change, monkeypatch, again=True)

    assert set(forwards(backend_of(own_twenty, page_size=PAGE, attempts=2))) == WHOLE


def test_without_a_state_a_read_counts_at_once(certificates: Certificates) -> None:
    settings = attrs.evolve(SETTINGS, overlays={})
    with slapd_with(certificates, TWENTY, settings) as slapd:
        slapd.modify(f"dn: {SUFFIX}\nchangetype: modify\nreplace: description\ndescription: x\n\n")
        backend = backend_of(slapd)

        assert set(forwards(backend)) == WHOLE


def test_the_version_moves_with_every_change(own_twenty: Slapd) -> None:
    backend = backend_of(own_twenty)
    before = backend.version()

    assert before == backend.version() != ""
    own_twenty.modify(MOVED)
    after = backend.version()
    assert after > before
    deeper = attrs.evolve(backend, base=f"cn=e1,{SUFFIX}")
    assert deeper.version() == after


# What lies elsewhere


def test_a_part_on_another_server_is_an_error_unless_it_is_ignored(certificates: Certificates) -> None:
    with bad_lines.listening(bad_lines.say_nothing) as stranger:
        there = f"ldap://127.0.0.1:{stranger.port}/{SUFFIX}"
        referral = (
            f"dn: cn=away,{SUFFIX}\nobjectClass: referral\nobjectClass: extensibleObject\ncn: away\n"
            f"ref: {there}\n\n"
        )
        with slapd_with(certificates, TWENTY + referral, SETTINGS) as slapd:
            with pytest.raises(BackendIncomplete, match=re.escape(f"127.0.0.1:{stranger.port}")):
                forwards(backend_of(slapd, page_size=PAGE))
            assert set(forwards(backend_of(slapd, page_size=PAGE, referrals="ignore"))) == WHOLE
            with pytest.raises(BackendIncomplete, match="another server"):
                forwards(backend_of(slapd, base=f"cn=away,{SUFFIX}", referrals="ignore"))
        assert stranger.calls == 0
        assert stranger.heard == b""


def test_aliases_of_the_directory_are_not_followed(certificates: Certificates) -> None:
    inside = entry("inside", addr="x@a.example", goesTo="y@b.example")
    elsewhere = (
        f"dn: dc=other,{SUFFIX}\nobjectClass: domain\ndc: other\n\n"
        + inside.replace(dn_of("inside"), f"cn=inside,dc=other,{SUFFIX}")
        + f"dn: dc=box,{SUFFIX}\nobjectClass: domain\ndc: box\n\n"
        f"dn: cn=way,dc=box,{SUFFIX}\nobjectClass: alias\nobjectClass: extensibleObject\ncn: way\n"
        f"aliasedObjectName: dc=other,{SUFFIX}\n\n"
    )
    with slapd_with(certificates, elsewhere, SETTINGS) as slapd:
        assert forwards(backend_of(slapd, base=f"dc=box,{SUFFIX}")) == []
        assert len(forwards(backend_of(slapd))) == 1


# What a server does not know, or does not show


def test_an_attribute_that_the_server_does_not_know_is_named(twenty: Slapd) -> None:
    rule = attrs.evolve(FORWARDS, filter="(&(objectClass=mailThing)(!(accountStatus=disabled)))")

    assert forwards(backend_of(twenty, rule, check_schema=False)) == []  # what is prevented
    with pytest.raises(BackendMisconfigured, match=r"rule 1: attribute accountStatus\b"):
        forwards(backend_of(twenty, rule))
    backend = backend_of(twenty, FORWARDS, attrs.evolve(rule, optional=True))
    assert set(forwards(backend)) == WHOLE
    assert "accountStatus" in remarks(backend.records())["ldap-rule-left-out"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"keys": ("adr",), "values": ("goesTo",)}, "attribute adr"),
        ({"keys": ("addr",), "values": ("goesto2",)}, "attribute goesto2"),
        (
            {"keys": ("addr",), "values": ("goesTo",), "filter": "(objectClass=mailThin)"},
            "object class mailThin",
        ),
        ({"keys": ("addr",), "values": ("goesTo",), "match": "(ad=%s)"}, "attribute ad"),
    ],
)
def test_every_name_of_a_rule_must_be_known(options: dict[str, Any], says: str, twenty: Slapd) -> None:
    with pytest.raises(BackendMisconfigured, match=says):
        forwards(backend_of(twenty, Rule(**options)))


def test_the_other_names_of_an_attribute_are_understood(certificates: Certificates) -> None:
    held = entry("a", addr="info@a.example", binaryText=b"x@b.example")
    with slapd_with(certificates, held, SETTINGS) as slapd:
        rule = Rule(keys=("ADDR",), values=("rawText",))

        assert forwards(backend_of(slapd, rule)) == [("info@a.example", ("x@b.example",))]


def test_a_base_that_is_not_there_is_an_error(twenty: Slapd) -> None:
    with pytest.raises(BackendMisconfigured, match=r"has no such entry.*check base"):
        forwards(backend_of(twenty, base=f"ou=nowhere,{SUFFIX}"))
    with pytest.raises(BackendMisconfigured, match=r"takes this for no DN"):
        forwards(backend_of(twenty, base="nowhere"))


@pytest.mark.parametrize("filter_", ["(addr=jürgen@*)", r"(addr=j\c3\bcrgen@*)", r"(cn=\28*\29)"])
def test_a_filter_may_hold_any_character(filter_: str, certificates: Certificates) -> None:
    held = entry("(j)", addr="jürgen@a.example", goesTo="x@b.example") + entry("k", addr="k", goesTo="k")
    with slapd_with(certificates, held, SETTINGS) as slapd:
        rule = attrs.evolve(FORWARDS, filter=filter_)

        assert forwards(backend_of(slapd, rule)) == [("jürgen@a.example", ("x@b.example",))]


def test_without_a_base_the_only_one_of_the_server_is_read(twenty: Slapd) -> None:
    assert set(forwards(backend_of(twenty, base=""))) == WHOLE


def test_a_login_that_may_read_nothing_is_an_error(twenty: Slapd) -> None:
    with pytest.raises(BackendMisconfigured, match="bind_dn"):
        forwards(backend_of(twenty, bind_dn="", bind_password=None))


def test_a_schema_that_is_not_shown_is_an_error_unless_it_is_not_wanted(certificates: Certificates) -> None:
    settings = attrs.evolve(SETTINGS, root_access=('access to dn.base="" by * read',))
    with slapd_with(certificates, TWENTY, settings) as slapd:
        with pytest.raises(BackendMisconfigured, match="does not show its schema"):
            forwards(backend_of(slapd))
        assert set(forwards(backend_of(slapd, check_schema=False))) == WHOLE
        seen = {each.subject: each for each in backend_of(slapd).diagnose()}
        assert seen["schema"].is_problem
        assert seen["rule 1 (forward)"].text == "entries 20, keys 20"


def test_what_is_hidden_shows_in_a_diagnosis(certificates: Certificates) -> None:
    hidden = tuple(
        f'access to dn.exact="{dn_of(f"e{number}")}" by dn="{READER}" none by * none' for number in range(17)
    )
    settings = attrs.evolve(SETTINGS, access=(*hidden, *SETTINGS.access))
    with slapd_with(certificates, TWENTY, settings) as slapd:
        seen = {each.subject: each for each in backend_of(slapd).diagnose()}

        assert seen["who am I"].text == f"dn:{READER}"
        assert seen["server"].text == slapd.ipc
        assert seen["rule 1 (forward)"].text == "entries 3, keys 3"
        assert "rules" not in seen


def test_a_diagnosis_goes_on_behind_a_rule_that_cannot_be_asked(twenty: Slapd) -> None:
    rules = (
        Rule(yields="domain", keys=("hostedName",)),
        Rule(keys=("addr",), values=("goesTo",), base=f"ou=nowhere,{SUFFIX}"),
        Rule(keys=("nothing",), values=("goesTo",)),
        Rule(keys=("nothing",), values=("goesTo",), optional=True),
    )
    seen = {
        each.subject: each for each in backend_of(twenty, *rules, url=twenty.plain, tls="none").diagnose()
    }

    assert seen["protection"].text == "none, in plain text"
    assert "no entry answers" in seen["rule 1 (domain)"].text
    assert "has no such entry" in seen["rule 2 (forward)"].text
    assert seen["rule 3 (forward)"].is_problem
    assert not seen["rule 4 (forward)"].is_problem
    assert "no rule finds anything" in seen["rules"].text


# Security


@pytest.mark.parametrize("mode", ["ldaps", "starttls"])
def test_a_verified_server_is_read(mode: str, twenty: Slapd, certificates: Certificates) -> None:
    backend = over(mode, twenty, ca_file=certificates.authority.certificate)

    assert set(forwards(backend)) == WHOLE
    seen = {each.subject: each.text for each in backend.diagnose()}
    assert re.fullmatch(r"TLSv1\.\d, the certificate is verified", seen["protection"])


def test_a_certificate_may_name_an_ip_address(twenty: Slapd, certificates: Certificates) -> None:
    url = f"ldaps://127.0.0.1:{twenty.tls_port}"
    backend = backend_of(twenty, url=url, ca_file=certificates.authority.certificate)

    assert set(forwards(backend)) == WHOLE


@pytest.mark.parametrize("mode", ["ldaps", "starttls"])
def test_a_server_of_a_wrong_authority_is_refused(
    mode: str, twenty: Slapd, certificates: Certificates
) -> None:
    for ca_file in (None, certificates.other_authority.certificate):
        with pytest.raises(BackendMisconfigured, match=r"shows a certificate that is refused.*ca_file"):
            forwards(over(mode, twenty, ca_file=ca_file))


@pytest.mark.parametrize("mode", ["ldaps", "starttls"])
def test_a_certificate_of_another_host_is_refused_unless_that_is_its_name(
    mode: str, certificates: Certificates
) -> None:
    settings = attrs.evolve(SETTINGS, certificate=certificates.elsewhere)
    with slapd_with(certificates, TWENTY, settings) as slapd:
        backend = over(mode, slapd, ca_file=certificates.authority.certificate)
        with pytest.raises(BackendMisconfigured, match="set server_name"):
            forwards(backend)

        assert set(forwards(attrs.evolve(backend, server_name="elsewhere.example"))) == WHOLE


@pytest.mark.parametrize("mode", ["ldaps", "starttls"])
def test_a_certificate_that_is_over_is_refused(mode: str, certificates: Certificates) -> None:
    settings = attrs.evolve(SETTINGS, certificate=certificates.expired)
    with (
        slapd_with(certificates, TWENTY, settings) as slapd,
        pytest.raises(BackendUnavailable, match=r"expired.*renew it"),
    ):
        forwards(over(mode, slapd, ca_file=certificates.authority.certificate))


def test_the_user_of_a_socket_needs_no_password(twenty: Slapd) -> None:
    backend = backend_of(twenty, sasl="external", bind_dn="", bind_password=None)

    assert set(forwards(backend)) == WHOLE
    seen = {each.subject: each.text for each in backend.diagnose()}
    assert (seen["who am I"], seen["protection"]) == (f"dn:{READER}", "a socket of this machine")


@pytest.mark.parametrize("mode", ["ldaps", "starttls"])
def test_a_certificate_of_our_own_takes_the_place_of_a_password(
    mode: str, twenty: Slapd, certificates: Certificates
) -> None:
    own = certificates.client
    backend = over(
        mode,
        twenty,
        ca_file=certificates.authority.certificate,
        sasl="external",
        bind_dn="",
        bind_password=None,
        client_certificate=own.certificate,
        client_key=own.key,
    )

    assert set(forwards(backend)) == WHOLE


def test_kerberos_without_its_package_says_what_to_install(twenty: Slapd) -> None:
    with pytest.raises(BackendNotInstalled, match=r"forwardresolve\[gssapi\]"):
        forwards(backend_of(twenty, sasl="gssapi", bind_dn="", bind_password=None))


def over(mode: str, slapd: Slapd, **options: Any) -> Ldap:  # noqa: ANN401 (options of the backend)
    port = slapd.tls_port if mode == "ldaps" else slapd.port
    scheme = "ldaps" if mode == "ldaps" else "ldap"
    return backend_of(slapd, **{"url": f"{scheme}://localhost:{port}", "tls": mode, **options})


# Members of groups


def test_members_are_found_by_their_names_however_they_are_written(certificates: Certificates) -> None:
    odd = "CN=E1 ,  DC=Example,dc=net"
    held = (
        entry("e1", addr="one@a.example", goesTo="out@b.example")
        + entry("e 2", addr="two@a.example")
        + entry("inner", addr="inner@a.example", hasMember=[dn_of("e 2"), dn_of("outer")])
        + entry("outer", addr="outer@a.example", hasMember=[odd, dn_of("inner"), dn_of("nobody")])
    )
    rule = Rule(keys=("addr",), dn_values=("hasMember",), leaf=("addr",))
    with slapd_with(certificates, held, SETTINGS) as slapd:
        backend = backend_of(slapd, rule)
        found = {source: set(destinations) for source, destinations in forwards(backend)}

        both = {"one@a.example", "two@a.example"}
        assert found["outer@a.example"] == both
        assert found["inner@a.example"] == both
        assert "nobody" in remarks(backend.records())["ldap-dangling-member"]


def test_a_group_with_many_members_has_them_all(certificates: Certificates) -> None:
    names = [f"e{number}" for number in range(150)]
    people = "".join(entry(name, addr=f"{name}@a.example") for name in names)
    group = entry("all", addr="all@a.example", hasMember=[*map(dn_of, names), dn_of("nobody"), READER])
    rule = Rule(keys=("addr",), dn_values=("hasMember",), leaf=("addr",))
    with slapd_with(certificates, people + group, SETTINGS) as slapd:
        found = dict(forwards(backend_of(slapd, rule, page_size=40)))

    assert set(found["all@a.example"]) == {f"{name}@a.example" for name in names}


def test_members_may_be_named_by_an_url_or_a_filter(certificates: Certificates) -> None:
    url = f"ldap:///{SUFFIX}??sub?(%26(addr=*)(onOff=yes))"
    held = (
        entry("e1", addr="one@a.example", onOff="yes")
        + entry("e2", addr="two@a.example", onOff="no")
        + entry("by url", addr="url@a.example", labeledURI=url)
        + entry("by filter", addr="filter@a.example", finds="(onOff=no)")
        + entry("by nothing", addr="broken@a.example", finds=["(onOff=no", "(onOff=never)"])
    )
    rule = Rule(
        keys=("addr",),
        dn_values=("labeledURI",),
        filter_values=("finds",),
        leaf=("addr",),
        filter="(|(labeledURI=*)(finds=*))",
    )
    with slapd_with(certificates, held, SETTINGS) as slapd:
        backend = backend_of(slapd, rule)

        assert dict(forwards(backend)) == {
            "url@a.example": ("one@a.example",),
            "filter@a.example": ("two@a.example",),
        }
        assert "(onOff=no" in remarks(backend.records())["ldap-dangling-member"]


def test_a_value_that_is_no_utf8_is_a_remark_with_the_entry(certificates: Certificates) -> None:
    held = entry("broken", addr="info@a.example", binaryText=b"j\xfcrgen@b.example")
    with slapd_with(certificates, held, SETTINGS) as slapd:
        backend = backend_of(slapd, Rule(keys=("addr",), values=("binaryText",)))

        assert dn_of("broken") in remarks(backend.records())["ldap-no-utf8"]
        assert len(forwards(backend)) == 1


# Speed


def test_a_read_costs_little_more_than_ldap3_itself(certificates: Certificates) -> None:
    count = 2000
    with slapd_with(certificates, "".join(users(count)), SETTINGS) as slapd:
        measure(slapd, count, 1)

        assert measure(slapd, count, 5)["cpu"] < 2.5


def test_a_question_for_changes_costs_one_look(twenty: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    ask = Link.ask

    def counting(self: Link, subject: str, **search: Any) -> Any:  # noqa: ANN401 (as ldap3 has it)
        asked.append(search["attributes"])
        return ask(self, subject, **search)

    monkeypatch.setattr(Link, "ask", counting)

    assert backend_of(twenty).version()
    assert asked == [["contextCSN"]]
