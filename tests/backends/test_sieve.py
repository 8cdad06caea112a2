"""``sieve``: scripts by path and by SQL, and what they redirect as findings and forwardings."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from backends.text_sources import write
from forwardresolve.sdk import BackendMisconfigured, BackendUnavailable, Forward, Remark, Secret
from forwardresolve_backends.sieve import UNRESOLVED, Sieve

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve.records import Record

OUT = "x@out.example"
ALWAYS = [f'redirect "{OUT}";']
SOME = [f'if header :is "Subject" "a" {{ redirect "{OUT}"; }}']
BEHIND = ['if header "X-Spam" "Yes" { stop; }', f'redirect "{OUT}";']


def forwards(records: list[Record]) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.source, tuple(each.destinations)) for each in records if isinstance(each, Forward)]


def remarks(records: list[Record]) -> list[str]:
    return [each.id for each in records if isinstance(each, Remark)]


def read(tmp_path: Path, lines: list[str], **options: Any) -> list[Record]:  # noqa: ANN401 (options)
    write(tmp_path / "a.example/ann/.dovecot.sieve", lines)
    backend = Sieve(path=f"{tmp_path}/{{domain}}/{{user}}/.dovecot.sieve", **options)
    return list(backend.records())


def test_a_script_is_its_users_forwarding(tmp_path: Path) -> None:
    records = read(tmp_path, ALWAYS)
    assert forwards(records) == [("ann@a.example", (OUT,))]
    assert all(each.table == "sieve" for each in records if isinstance(each, Forward))
    assert str(records[0].origin).endswith("a.example/ann/.dovecot.sieve (line 1)")


@pytest.mark.parametrize(
    ("lines", "finding", "option", "destinations"),
    [
        (SOME, "sieve-conditional", "conditional", (OUT, "ann@a.example")),
        (BEHIND, "sieve-after-spam", "after_spam", (OUT,)),
    ],
)
def test_what_sends_no_spam_or_only_some_counts_where_the_admin_says_so(
    lines: list[str], finding: str, option: str, destinations: tuple[str, ...], tmp_path: Path
) -> None:
    assert forwards(read(tmp_path, lines)) == []
    counted = read(tmp_path, lines, **{option: "list"})
    assert forwards(counted) == [("ann@a.example", destinations)]
    assert remarks(counted) == [finding]


def test_an_address_that_is_computed_counts_as_outside(tmp_path: Path) -> None:
    records = read(tmp_path, ['redirect "${where}";'])
    assert forwards(records) == [("ann@a.example", (UNRESOLVED,))]
    assert remarks(records) == ["sieve-unresolved"]


def test_a_script_that_is_included_lies_beside_the_active_one(tmp_path: Path) -> None:
    write(tmp_path / "a.example/ann/sieve/rules.sieve", ALWAYS)
    write(tmp_path / "a.example/ann/sieve/main.sieve", ['include :personal "rules";', 'include "gone";'])
    (tmp_path / "a.example/ann/.dovecot.sieve").symlink_to("sieve/main.sieve")
    records = list(Sieve(path=f"{tmp_path}/{{domain}}/{{user}}/.dovecot.sieve").records())
    assert forwards(records) == [("ann@a.example", (OUT,))]
    assert remarks(records) == ["sieve-include"]


def test_a_script_that_goes_under_the_reading_is_an_error(tmp_path: Path) -> None:
    for user in ("ann", "ben"):
        write(tmp_path / f"a.example/{user}.sieve", ALWAYS)
    records = Sieve(path=f"{tmp_path}/{{domain}}/{{user}}.sieve").records()
    next(records)
    (tmp_path / "a.example").rename(tmp_path / "gone")
    with pytest.raises(BackendUnavailable, match=r"ben\.sieve"):
        list(records)


def test_a_script_that_is_not_whole_is_told(tmp_path: Path) -> None:
    assert remarks(read(tmp_path, [f'redirect "{OUT}"'])) == ["sieve-broken"]


def test_a_script_in_another_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.example/ann/.dovecot.sieve"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'# f\xfcr Anna\nredirect "x@out.example";\n')
    records = list(Sieve(path=f"{tmp_path}/{{domain}}/{{user}}/.dovecot.sieve").records())
    assert forwards(records) == [("ann@a.example", (OUT,))]
    assert remarks(records) == ["not-utf8"]


@pytest.mark.parametrize(
    ("template", "file", "domain"),
    [
        ("{address}.dovecot.sieve", "ann@a.example.dovecot.sieve", ""),
        ("{domain}/{user}/sieve/*.sieve", "a.example/ann/sieve/active.sieve", ""),
        ("home/{user}/.dovecot.sieve", "home/ann/.dovecot.sieve", "a.example"),
        ("{domain}/*/{user}-*/dovecot.sieve", "a.example/a/ann-2026.01.01/dovecot.sieve", ""),
        ("{domain}/{user}@{domain}.sieve", "a.example/ann@a.example.sieve", ""),
    ],
)
def test_a_path_names_the_user(template: str, file: str, domain: str, tmp_path: Path) -> None:
    write(tmp_path / file, ALWAYS)
    write(tmp_path / "a.example/elsewhere/other.txt", ALWAYS)
    write(tmp_path / "b.example/ann@a.example.sieve", ALWAYS)
    backend = Sieve(path=f"{tmp_path}/{template}", domain=domain)
    assert forwards(list(backend.records())) == [("ann@a.example", (OUT,))]


def test_a_file_among_the_directories_of_users_is_none_of_them(tmp_path: Path) -> None:
    write(tmp_path / "notes", [])
    write(tmp_path / "a.example/notes", [])
    assert forwards(read(tmp_path, ALWAYS)) == [("ann@a.example", (OUT,))]


def test_a_path_without_anything_variable_before_its_end_is_one_directory(tmp_path: Path) -> None:
    write(tmp_path / "file", [])
    backend = Sieve(path=f"{tmp_path}/file/{{address}}.sieve")
    with pytest.raises(BackendUnavailable, match="is no directory"):
        list(backend.records())


@pytest.mark.parametrize("mode", [0o000, 0o444], ids=["not listed", "not entered"])
def test_a_directory_that_may_not_be_read_is_an_error_and_no_user_without_script(
    mode: int, tmp_path: Path
) -> None:
    write(tmp_path / "a.example/ann/.dovecot.sieve", ALWAYS)
    (tmp_path / "a.example").chmod(mode)
    for above in (tmp_path, *tmp_path.parents):
        if above.stat().st_uid == os.geteuid() and above != tmp_path.parents[-1]:
            above.chmod(above.stat().st_mode | 0o055)
    backend = Sieve(path=f"{tmp_path}/{{domain}}/{{user}}/.dovecot.sieve")
    became = os.geteuid() == 0
    try:
        if became:
            os.seteuid(65534)
        with pytest.raises(BackendMisconfigured, match="may read it"):
            list(backend.records())
    finally:
        if became:
            os.seteuid(0)
        (tmp_path / "a.example").chmod(0o755)


def test_scripts_of_a_database_are_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mail.db")) as connection:
        connection.execute("CREATE TABLE sieve_filters (username, script_name, script_data)")
        rows = [("ann@a.example", "active", ALWAYS[0]), ("ben@a.example", "inactive", ALWAYS[0])]
        connection.executemany("INSERT INTO sieve_filters VALUES (?, ?, ?)", rows)
        connection.commit()
    backend = Sieve(
        url=Secret(f"sqlite:///{tmp_path}/mail.db"),
        query="SELECT username AS address, script_data AS script, script_name = 'active' AS active"
        " FROM sieve_filters",
    )
    assert forwards(list(backend.records())) == [("ann@a.example", (OUT,))]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "nothing to read"),
        ({"query": "SELECT 1"}, "belong together"),
        ({"url": Secret("sqlite:///x")}, "belong together"),
        ({"path": "/var/vmail/*/x.sieve"}, "must name the user"),
        ({"path": "/var/vmail/{name}/x.sieve"}, "knows no {name}"),
        ({"path": "/home/{user}/x.sieve"}, "names no domain"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Sieve(**options)
