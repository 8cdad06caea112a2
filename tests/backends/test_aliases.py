"""``aliases``: what postalias makes of a file is what we read, and nothing is read half."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from backends.text_sources import write
from forwardresolve import ForwardingGraph, resolve
from forwardresolve.sdk import (
    BackendIncomplete,
    BackendMisconfigured,
    BackendUnavailable,
    Domain,
    Forward,
    Remark,
    split_destinations,
)
from forwardresolve_backends.aliases import Aliases
from servers.private import find_program

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve.records import Record

ODD = """\
# the aliases of a host
postmaster: root
root: ann,
# a comment between

    "ben jones"@a.example
Root: later
"two words": cleo
no colon here
empty:
  also-empty:
"with:colon": dora
UPPER:	Emil@A.EXAMPLE
piped: "|/usr/bin/vacation ann, ben", /var/mail/archive
"""


def read(path: Path, *more: Path) -> list[Record]:
    return list(Aliases(path=[path, *more]).records())


def forwards(records: list[Record]) -> dict[str, str | list[str]]:
    found = {}
    for each in records:
        if isinstance(each, Forward):
            assert each.table == "local"
            found[each.source] = (
                each.destinations if isinstance(each.destinations, str) else list(each.destinations)
            )
    return found


def file_with(tmp_path: Path, text: str, name: str = "aliases") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.live
def test_an_odd_file_is_read_as_postalias_reads_it(tmp_path: Path) -> None:
    path = file_with(tmp_path, ODD)
    postalias = find_program("postalias", "postfix")
    subprocess.run([postalias, "-o", f"hash:{path}"], check=True, capture_output=True)
    shown = subprocess.run(
        [postalias, "-o", "-s", f"hash:{path}"], check=True, capture_output=True, text=True
    ).stdout
    judged = {key: value for key, _, value in (line.partition(":\t") for line in shown.splitlines())}
    for own in ("@", "YP_LAST_MODIFIED", "YP_MASTER_NAME"):
        judged.pop(own)
    ours = forwards(read(path))
    assert {name: split_destinations(str(value)) for name, value in ours.items()} == {
        name: split_destinations(value) for name, value in judged.items()
    }


def test_a_line_that_begins_with_a_blank_goes_on_whatever_stands_between(tmp_path: Path) -> None:
    path = file_with(tmp_path, "team: ann,\n# a comment\n\n  ben\nlast: cleo\n")
    assert split_destinations(str(forwards(read(path))["team"])) == ("ann", "ben")


def test_the_first_of_two_lines_counts_and_the_second_is_told(tmp_path: Path) -> None:
    records = read(file_with(tmp_path, "info: ann\nINFO: ben\n"))
    assert forwards(records) == {"info": "ann"}
    (remark,) = [each for each in records if isinstance(each, Remark)]
    assert remark.id == "duplicate-key"
    assert "line 1" in remark.text
    assert str(remark.origin).endswith("(line 2)")


def test_a_name_counts_in_the_first_file_that_has_it(tmp_path: Path) -> None:
    first = file_with(tmp_path, "info: ann\n", "first")
    second = file_with(tmp_path, "info: ben\nsales: ben\n", "second")
    assert forwards(read(first, second)) == {"info": "ann", "sales": "ben"}


@pytest.mark.parametrize("line", ["no colon here", "empty:", ": nobody", '"open: ann'])
def test_a_line_that_is_none_is_told(line: str, tmp_path: Path) -> None:
    records = read(file_with(tmp_path, f"{line}\ngood: ann\n"))
    assert forwards(records) == {"good": "ann"}
    assert [each.id for each in records if isinstance(each, Remark)] == ["bad-line"]


def test_a_list_that_is_included_stands_for_its_members(tmp_path: Path) -> None:
    members = file_with(tmp_path, "# members\nann\nx@outside.example.net, ben\n", "members")
    path = file_with(tmp_path, f"team: dora, :include:{members}\n")
    assert forwards(read(path)) == {"team": ["dora", "ann", "x@outside.example.net", "ben"]}


def test_a_list_may_include_another(tmp_path: Path) -> None:
    inner = file_with(tmp_path, "ann\n", "inner")
    outer = file_with(tmp_path, f":include:{inner}\nben\n", "outer")
    assert forwards(read(file_with(tmp_path, f"team: :include:{outer}\n"))) == {"team": ["ann", "ben"]}


def test_a_list_that_includes_itself_is_an_error(tmp_path: Path) -> None:
    members = tmp_path / "members"
    members.write_text(f":include:{members}\n")
    with pytest.raises(BackendIncomplete, match="includes itself"):
        read(file_with(tmp_path, f"team: :include:{members}\n"))


def test_a_list_that_is_not_there_is_an_error_and_no_empty_list(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match="missing"):
        read(file_with(tmp_path, f"team: :include:{tmp_path}/missing\n"))


def test_a_directory_in_place_of_a_list_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match=str(tmp_path)):
        read(file_with(tmp_path, f"team: :include:{tmp_path}\n"))


def test_no_file_at_all_is_a_wrong_option() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Aliases(path=[])


def test_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "aliases"
    path.write_bytes(b"info: m\xfcller\ngood: ann\n")
    records = read(path)
    assert forwards(records)["good"] == "ann"
    assert [each.id for each in records if isinstance(each, Remark)] == ["not-utf8"]


def test_the_aliases_hold_in_the_domains_of_the_host(tmp_path: Path) -> None:
    write(
        tmp_path / "aliases", ["info: ann, ann@gmail.example", "ann: root", "root: ops@outside.example.net"]
    )
    backend = Aliases(path=[tmp_path / "aliases"], domains=["host.example"])
    assert Domain("host.example", "local") in backend.records()
    resolution = resolve(ForwardingGraph.from_records(backend.records()))
    assert resolution.addresses == ("ann@host.example", "info@host.example", "root@host.example")
