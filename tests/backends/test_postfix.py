"""The backend ``postfix`` reads what main.cf names, and says what it cannot read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from backends.postfix_configuration import read, resolution, write_main_cf
from backends.text_sources import write
from forwardresolve.sdk import (
    BackendDataError,
    BackendMisconfigured,
    BackendUnavailable,
    Domain,
    Forward,
    Mailbox,
    Pattern,
    Relocated,
    Remark,
    Site,
    Transport,
)
from forwardresolve_backends._postfix_cf import MainCf
from forwardresolve_backends._postfix_entries import Entry
from forwardresolve_backends._postfix_ldap_rows import ldap_entries, ldap_source
from forwardresolve_backends.postfix import Postfix

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve.sdk import Record

pytestmark = pytest.mark.usefixtures("stand_ins")


def remarks(records: list[Record]) -> list[str]:
    return [each.id for each in records if isinstance(each, Remark)]


def forwards(records: list[Record], table: str = "virtual") -> dict[str, Any]:
    return {
        each.source: each.destinations
        for each in records
        if isinstance(each, Forward) and each.table == table
    }


def domains(records: list[Record]) -> dict[str, str]:
    return {each.name: each.kind for each in records if isinstance(each, Domain)}


def refusal(directory: Path, **options: object) -> str:
    with pytest.raises(BackendMisconfigured) as caught:
        read(directory, **options)
    return str(caught.value)


def test_the_first_table_that_answers_for_a_key_counts(tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="texthash:{here}/one, texthash:{here}/two")
    write(
        etc / "one",
        ["# a comment", "u@a.example x@ext.example,", "  y@ext.example", "@a.example z@ext.example"],
    )
    write(etc / "two", ["U@A.example later@ext.example", "v@a.example v@ext.example"])
    assert forwards(read(etc)) == {
        "u@a.example": "x@ext.example, y@ext.example",
        "@a.example": "z@ext.example",
        "v@a.example": "v@ext.example",
    }


def test_all_members_of_a_union_count(tmp_path: Path) -> None:
    etc = write_main_cf(
        tmp_path / "etc", virtual_alias_maps="proxy:unionmap:{texthash:{here}/one inline:{u@a.b=y}}"
    )
    write(etc / "one", ["u@a.b x"])
    assert [each.destinations for each in read(etc) if isinstance(each, Forward)] == ["x", "y"]


def test_of_two_lines_for_a_key_the_first_counts_and_the_second_is_a_remark(tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="texthash:{here}/v")
    write(etc / "v", ["u@a.example x@ext.example", "u@A.example y@ext.example", "lonely"])
    records = read(etc)
    assert forwards(records) == {"u@a.example": "x@ext.example"}
    assert remarks(records) == ["duplicate-key", "bad-line"]


def test_a_pattern_before_a_table_takes_whole_addresses_from_it_and_leaves_their_extensions(
    tmp_path: Path,
) -> None:
    etc = write_main_cf(
        tmp_path / "etc",
        virtual_alias_maps="pcre:{here}/p inline:{ {x1@a.example=box@a.example}, {x+t@a.example=t@a.example},"
        " {y@a.example=y@ext.example} {@a.example=z@ext.example} }",
        virtual_mailbox_domains="a.example",
        virtual_mailbox_maps="inline:{ box@a.example=x }",
    )
    write(etc / "p", ["/^x/ p@ext.example", "/^never/ n@ext.example", "/^x1/ later@ext.example"])
    found = resolution(read(etc))
    ends = {
        name: [each.address for each in found.verdict(f"{name}@a.example").finals]
        for name in ("x1", "x1+t", "x+t", "xx", "y", "y+t")
    }
    assert ends == {
        "x1": ["p@ext.example"],
        "x1+t": ["p@ext.example"],
        "x+t": ["p@ext.example"],
        "xx": ["p@ext.example"],
        "y": ["y@ext.example"],
        "y+t": ["y+t@ext.example"],
    }
    assert "x1@a.example" in found.addresses


def test_extensions_that_a_pattern_leaves_go_to_the_row(tmp_path: Path) -> None:
    etc = write_main_cf(
        tmp_path / "etc",
        virtual_alias_maps="pcre:{here}/p inline:{ {u@a.example=v@ext.example, |bare} }",
        virtual_mailbox_domains="a.example",
    )
    write(etc / "p", ["/^u@/ p@ext.example"])
    found = resolution(read(etc))
    assert [each.address for each in found.verdict("u@a.example").finals] == ["p@ext.example"]
    assert [each.address for each in found.verdict("u+t@a.example").finals] == ["v+t@ext.example"]


def test_without_a_delimiter_a_pattern_leaves_nothing(tmp_path: Path) -> None:
    etc = write_main_cf(
        tmp_path / "etc",
        virtual_alias_maps="regexp:{here}/p inline:{ u@a.example=v }",
        recipient_delimiter="",
    )
    write(etc / "p", ["/^u@/ p@ext.example"])
    records = read(etc)
    assert len([each for each in records if isinstance(each, Pattern)]) == 1
    assert forwards(records) == {"u@a.example": "p@ext.example"}


def test_every_class_of_domains_is_read_from_names_files_and_tables(tmp_path: Path) -> None:
    etc = write_main_cf(
        tmp_path / "etc",
        mydestination="!no.example, Host.example, {here}/more, no.example",
        virtual_alias_domains="inline:{alias.example=x}",
        virtual_mailbox_domains="texthash:{here}/boxes",
        virtual_mailbox_maps="",
        relay_domains=".relay.example",
        inet_interfaces="192.0.2.1, loopback-only",
        myorigin="{here}/mailname",
    )
    write(etc / "more", ["more.example !other.example"])
    write(etc / "boxes", ["a.example ok", "odd"])
    write(etc / "mailname", ["host.example"])
    records = read(etc, hosted_domains=["Further.example"])
    assert domains(records) == {
        "[192.0.2.1]": "local",
        "further.example": "mailbox",
        "host.example": "local",
        "more.example": "local",
        "alias.example": "alias",
        "a.example": "mailbox",
        "relay.example": "relay",
    }
    boxes = {each.address for each in records if isinstance(each, Mailbox)}
    assert boxes == {"@a.example", "@further.example"}  # where there is no list, every name is one
    assert [each.myorigin for each in records if isinstance(each, Site)] == ["host.example"]


def test_lists_of_domains_that_main_cf_leaves_out_are_the_keys_of_the_maps(tmp_path: Path) -> None:
    etc = write_main_cf(
        tmp_path / "etc",
        virtual_alias_maps="inline:{ {a.example=x} {u@a.example=x@ext.example} {root=u@a.example} }",
        virtual_mailbox_maps="texthash:{here}/boxes",
    )
    expanded = (etc / "expanded").read_text()
    for kind in ("alias", "mailbox"):
        maps = next(line for line in expanded.splitlines() if line.startswith(f"virtual_{kind}_maps"))
        expanded = expanded.replace(
            f"virtual_{kind}_domains = $virtual_{kind}_maps", maps.replace("_maps", "_domains", 1)
        )
    (etc / "expanded").write_text(expanded)
    write(etc / "boxes", ["b.example x", "box@b.example x", "nobody", "localhost x"])
    records = read(etc)
    assert domains(records) == {"a.example": "alias", "b.example": "mailbox"}
    assert [each.address for each in records if isinstance(each, Mailbox)] == ["box@b.example"]


def test_every_other_table_becomes_its_records(tmp_path: Path) -> None:
    etc = write_main_cf(
        tmp_path / "etc",
        mydestination="host.example",
        alias_maps="hash:{here}/aliases",
        canonical_maps="inline:{ c@a.example=d@a.example }",
        recipient_bcc_maps="inline:{ b@a.example=copy@ext.example }",
        relocated_maps="texthash:{here}/gone",
        canonical_classes="envelope_sender",
        always_bcc="all@ext.example",
        propagate_unmatched_extensions="canonical",
        parent_domain_matches_subdomains="debug_peer_list",
        relay_domains="r.example",
    )
    listed = ["@\t@", "YP_MASTER_NAME\thost", "team\t:include:" + str(etc / "team"), "root\tann"]
    write(etc / "aliases.listed", listed)
    write(etc / "team", ["m@ext.example"])
    write(etc / "gone", ["old@a.example gone", "bad"])
    records = read(etc)
    assert forwards(records, "local") == {"team": ("m@ext.example",), "root": "ann"}
    assert forwards(records, "canonical") == {"c@a.example": "d@a.example"}
    assert forwards(records, "bcc") == {"b@a.example": "copy@ext.example"}
    assert [each.address for each in records if isinstance(each, Relocated)] == ["old@a.example"]
    assert remarks(records) == ["postfix-setting-not-read"] * 4 + ["bad-line"]


def test_a_table_that_is_older_than_its_text_is_a_remark(tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="hash:{here}/v")
    write(etc / "v", ["new@a.example x@ext.example"])
    write(etc / "v.db", [])
    write(etc / "v.listed", ["old@a.example\tx@ext.example"])
    os.utime(etc / "v.db", (1, 1))
    records = read(etc)
    assert remarks(records) == ["postfix-stale-table"]
    assert forwards(records) == {"old@a.example": "x@ext.example"}


@pytest.mark.parametrize(
    ("table", "text"), [("virtual_alias_maps", "u@a.example x"), ("alias_maps", "root: x\nodd")]
)
def test_a_table_that_postmap_cannot_list_is_read_by_its_text(table: str, text: str, tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", **{"mydestination": "h.example", table: "cdb:{here}/v"})
    write(etc / "v", [text])
    write(etc / "v.said", ["postmap: fatal: table cdb:v: sequence operation is not supported"])
    records = read(etc)
    assert remarks(records)[0] == "postfix-text-read"
    assert [each.destinations for each in records if isinstance(each, Forward)] == ["x"]


def test_a_table_that_is_not_compiled_is_an_error_that_says_what_to_run(tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="hash:{here}/v")
    write(etc / "v.said", ["postmap: fatal: open database v.db: No such file or directory"])
    said = refusal(etc)
    assert "No such file" in said
    assert f"run: postmap hash:{etc}/v" in said


def test_all_tables_that_cannot_be_read_are_told_at_once(tmp_path: Path) -> None:
    etc = write_main_cf(
        tmp_path / "etc",
        mydestination="host.example",
        virtual_alias_maps="socketmap:inet:127.0.0.1:9:alias, strange:x, static:y, plain",
        virtual_mailbox_domains="mysql:{here}/none.cf",
        alias_maps="inline:{x}, unionmap:{texthash:{here}/a, tcp:x}",
    )
    lines = refusal(etc, leave_out=["hash:/none"]).splitlines()
    assert [line.partition(" = ")[2].partition(":")[0] for line in lines] == [
        "mysql",
        "socketmap",
        "strange",
        "static",
        "plain",
        "unionmap",
        "",
    ]
    assert all("enumerate, probe or leave_out" in line for line in lines[:-1])
    assert "unknown type (strange:)" in lines[2]
    assert "names no table hash:/none" in lines[-1]


def test_a_table_can_be_left_out_with_a_remark(tmp_path: Path) -> None:
    etc = write_main_cf(
        tmp_path / "etc", virtual_alias_maps="proxy:tcp:x inline:{u=x}", mydestination="tcp:x, h.example"
    )
    records = read(etc, leave_out=["tcp:x"])
    assert remarks(records) == ["postfix-table-left-out"] * 2
    assert forwards(records) == {"u": "x"}


def test_a_table_that_is_probed_is_asked_for_known_keys(tmp_path: Path) -> None:
    etc = write_main_cf(
        tmp_path / "etc",
        virtual_alias_domains="a.example, inline:{b.example=x}",
        virtual_mailbox_domains="c.example",
        virtual_mailbox_maps="inline:{ box@c.example=x }",
        virtual_alias_maps="tcp:{here}/t, inline:{ {u@a.example=x@ext.example} {root=x} }",
        recipient_canonical_maps="regexp:{here}/r",
        recipient_bcc_maps="memcache:{here}/b",
        transport_maps="pcre:{here}/p, memcache:{here}/m",
        relay_domains="pcre:{here}/d",
        mydestination="h.example",
        alias_maps="pcre:{here}/l",
    )
    write(
        etc / "t.listed",
        ["u@a.example\tt@ext.example", "nobody-has-this-name-7d1f@a.example\tall@ext.example"],
    )
    for name in ("r", "p", "d", "l", "m", "b"):
        write(etc / f"{name}.listed", [])
    write(etc / "d.listed", ["r.example\tx"])
    probe = [f"tcp:{etc}/t", f"memcache:{etc}/m", f"memcache:{etc}/b"]
    records = read(etc, probe=probe)
    assert forwards(records) == {"u@a.example": "t@ext.example", "@a.example": "all@ext.example", "root": "x"}
    assert set(remarks(records)) == {"postfix-table-probed"}
    assert domains(records)["r.example"] == "relay"


def test_a_union_may_hold_a_table_that_is_probed(tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="unionmap:{inline:{u@a.b=x}, tcp:{here}/t}")
    write(etc / "t.listed", ["u@a.b\ty"])
    records = read(etc, probe=[f"tcp:{etc}/t"])
    assert [each.destinations for each in records if isinstance(each, Forward)] == ["x", "y"]


def test_a_program_lists_a_table(tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="proxy:tcp:x")
    program = ["printf", "%s\\t%s\\n", "U@a.example", "x@ext.example"]
    assert forwards(read(etc, enumerate={"tcp:x": program})) == {"u@a.example": "x@ext.example"}


@pytest.mark.parametrize(
    ("program", "error", "complaint"),
    [
        (["false"], BackendUnavailable, "exit status 1"),
        (["/none"], BackendMisconfigured, "cannot be started"),
        (["echo", "no tab"], BackendDataError, "without a tab"),
        (["sleep", "9"], BackendUnavailable, "did not end within 1 second"),
    ],
)
def test_a_program_that_lists_badly_is_an_error(
    program: list[str], error: type[Exception], complaint: str, tmp_path: Path
) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="tcp:x")
    with pytest.raises(error, match=complaint):
        read(etc, enumerate={"tcp:x": program}, timeout=1.0)


def test_sql_lists_a_table_of_a_database(tmp_path: Path) -> None:
    (tmp_path / "mail.db").touch()
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="sqlite:{here}/s.cf")
    write(etc / "s.cf", [f"dbpath = {tmp_path}/mail.db", "query = SELECT 1 LIMIT 1"])
    assert "a query with LIMIT" in refusal(etc)
    statement = "SELECT 'u@a.example', 'x@ext.example'"
    assert forwards(read(etc, enumerate={f"sqlite:{etc}/s.cf": statement})) == {
        "u@a.example": "x@ext.example"
    }


def test_sql_lists_no_other_table(tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="tcp:x, sqlite:{here}/s.cf")
    write(etc / "s.cf", ["query = SELECT 1"])
    said = refusal(etc, enumerate={"tcp:x": "SELECT 1", f"sqlite:{etc}/s.cf": "SELECT 1"})
    assert "name a program" in said
    assert "no dbpath" in said


def test_a_table_that_asks_for_the_domain_alone_must_be_the_last(tmp_path: Path) -> None:
    (tmp_path / "mail.db").touch()
    tables = "inline:{u=x} sqlite:{here}/s.cf"
    etc = write_main_cf(
        tmp_path / "etc", virtual_alias_maps=tables, recipient_bcc_maps=f"{tables} inline:{{v=x}}"
    )
    write(etc / "s.cf", [f"dbpath = {tmp_path}/mail.db", "query = SELECT a FROM t WHERE b = '%d'"])
    assert f"recipient_bcc_maps = sqlite:{etc}/s.cf: asks for %d alone" in refusal(etc)
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps=tables)
    with pytest.raises(BackendMisconfigured, match="no such table"):
        read(etc)  # it may be the last one, and there is no database
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="sqlite:{here}/s.cf")
    with pytest.raises(BackendMisconfigured, match="no such table"):
        read(etc)  # or the only one
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps=tables)
    statement = "SELECT '@a.example', 'x'"
    assert remarks(read(etc, enumerate={f"sqlite:{etc}/s.cf": statement})) == []


def test_transports_say_where_mail_goes_instead(tmp_path: Path) -> None:
    rows = {
        "a.example": "smtp:[192.0.2.1]",
        "box@b.example": "maildrop:",
        "c.example": "error:5.1.1 gone",
        "auto.example": "vacation:",
        "list.b.example": "mailman:",
        "gmail.example": "relay:[192.0.2.9]",
        "sub.r.example": "smtp:x",
        "b.example": ":[192.0.2.2]",
        ".d.example": "store:",
        "unknown.example": "nothing:",
        "*": "smtp:[192.0.2.3]",
    }
    etc = write_main_cf(
        tmp_path / "etc",
        virtual_mailbox_domains="a.example b.example c.example d.example x.d.example",
        relay_domains="r.example",
        transport_maps="texthash:{here}/t",
    )
    (etc / "master.cf").write_text("mailman unix - n n - - pipe\nstore unix - - n - - lmtp -o x=y\n\n")
    write(etc / "t", [*(f"{key} {value}" for key, value in rows.items()), "odd"])
    records = read(etc)
    found = {each.key: each.kind for each in records if isinstance(each, Transport)}
    assert found == {
        "a.example": "relay",
        "box@b.example": "mailbox",
        "c.example": "undeliverable",
        "auto.example": "autoreply",
        "list.b.example": "opaque",
        ".d.example": "mailbox",
        "unknown.example": "opaque",
        "d.example": "relay",
    }
    assert remarks(records) == ["bad-line", "postfix-transport-elsewhere"]


def test_without_postconf_the_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forwardresolve_backends._postfix_commands._PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "postconf is not here; run this where Postfix is installed" in refusal(tmp_path)


def test_what_postconf_complains_about_is_told(tmp_path: Path, stand_ins: Path) -> None:
    (stand_ins / "postconf").write_text(
        "#!/bin/sh\necho 'postconf: fatal: open main.cf: No such file' >&2\nexit 1\n"
    )
    assert "postconf -c" in (said := refusal(tmp_path))
    assert "fatal: open main.cf: No such file" in said


def test_a_postconf_that_hangs_is_unavailable(tmp_path: Path, stand_ins: Path) -> None:
    (stand_ins / "postconf").write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(BackendUnavailable, match=r"did not end within 0\.2 seconds"):
        read(tmp_path, timeout=0.2)


def test_the_directory_of_the_system_is_what_postconf_says(tmp_path: Path, stand_ins: Path) -> None:
    said = f"config_directory = {tmp_path}\nmyorigin = a\nmydestination =\n"
    (stand_ins / "said").write_text(said)
    (stand_ins / "postconf").write_text(f"#!/bin/sh\ncat {stand_ins}/said\n")
    site = next(each for each in Postfix().records() if isinstance(each, Site))
    assert str(site.origin) == f"{tmp_path}/main.cf (myorigin)"


def test_a_timeout_must_be_more_than_nothing() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        Postfix(timeout=0)


def test_a_table_of_a_directory_is_read_with_its_own_server_and_login(tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="ldap:{here}/l.cf")
    filter_ = "search_base = dc=example\nquery_filter = (mail=%s)"
    login = "server_host = 127.0.0.1\nserver_port = 1\nbind_dn = cn=r\nbind_pw = s3cret"
    write(etc / "l.cf", [filter_, login])
    with pytest.raises(BackendUnavailable) as caught:
        read(etc)
    assert "ldap://127.0.0.1:1" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        (["query_filter = (mail=%u)"], "in every domain, outside ones too"),
        (["query_filter = (mail=%s)", "bind_dn = cn=r"], "is empty"),
        (["query_filter = (mail=%s)", "server_host = http://x"], "a server or login that cannot be used"),
        (["query_filter = (!(mail=%s))"], "answers for every address"),
    ],
)
def test_a_table_of_a_directory_that_cannot_be_read_is_refused(
    parameters: list[str], complaint: str, tmp_path: Path
) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="ldap:{here}/l.cf")
    write(etc / "l.cf", ["search_base = dc=example", *parameters])
    assert complaint in refusal(etc)


def test_a_table_of_a_directory_knows_how_to_encrypt(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    (tmp_path / "l.cf").write_text(
        "search_base = dc=example\nquery_filter = (mail=%s)\nserver_host = ldap1 ldap2:390\nbind = no\n"
        f"bind_dn = cn=r\nstart_tls = yes\ntls_ca_cert_file = {tmp_path}/ca.pem\n"
    )
    source = ldap_source(f"ldap:{tmp_path}/l.cf", "relocated", MainCf(tmp_path, {}))
    assert source.url == ["ldap://ldap1:389", "ldap://ldap2:390"]
    assert (source.tls, source.bind_dn) == ("starttls", "")
    (tmp_path / "l.cf").write_text("search_base = x\nquery_filter = (mail=%s)\nserver_host = ldaps://ldap1\n")
    assert ldap_source(f"ldap:{tmp_path}/l.cf", "domain", MainCf(tmp_path, {})).tls is None


def test_an_inline_table_that_is_none_is_an_error(tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="inline:{ u@a.example }")
    assert "is no inline table" in refusal(etc)


def test_a_directory_gives_entries_and_remarks() -> None:
    class Source:
        def records(self) -> list[Record]:
            return [
                Forward("U@a.example", ("x@ext.example",)),
                Mailbox("Box@a.example"),
                Domain("A.example"),
                Remark("not-utf8", "odd"),
                Site(),
            ]

    found = [*ldap_entries(Source(), "ldap:x")]  # type: ignore[arg-type] # it has records, too
    assert [each.key if isinstance(each, Entry) else each.id for each in found] == [
        "u@a.example",
        "box@a.example",
        "a.example",
        "not-utf8",
    ]


def test_a_table_that_an_option_names_must_be_there(tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="inline:{u@a.example=x}")
    said = refusal(etc, leave_out=["hash:/a"], probe=["proxy:tcp:b"], enumerate={"mysql:/c": "SELECT 1"})
    assert [line.partition(":")[0] for line in said.splitlines()] == ["leave_out", "probe", "enumerate"]
    assert "names no table tcp:b" in said
