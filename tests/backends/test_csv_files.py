"""``csv``: columns by name, and a file that ends early is never a short one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forwardresolve.sdk import (
    BackendDataError,
    BackendIncomplete,
    BackendMisconfigured,
    BackendUnavailable,
    Domain,
    Forward,
    Mailbox,
    Remark,
)
from forwardresolve_backends.csv_files import CsvFiles

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve.records import Record


def read(tmp_path: Path, text: str | bytes, separator: str = ",") -> list[Record]:
    path = tmp_path / "forwards.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(CsvFiles(forwards=path, separator=separator).records())


def pairs(records: list[Record]) -> list[tuple[str, object]]:
    return [(each.source, each.destinations) for each in records if isinstance(each, Forward)]


def test_columns_go_by_their_names(tmp_path: Path) -> None:
    text = "Note,Destination,SOURCE\nold,x@b.example,info@a.example\n"
    assert pairs(read(tmp_path, text)) == [("info@a.example", "x@b.example")]


def test_several_destinations_stand_in_one_quoted_value(tmp_path: Path) -> None:
    text = 'source,destination\ninfo@a.example,"x@b.example, y@b.example"\n'
    assert pairs(read(tmp_path, text)) == [("info@a.example", "x@b.example, y@b.example")]


def test_rows_that_are_switched_off_are_left_out(tmp_path: Path) -> None:
    text = "source;destination;active\na@a.example;x@b.example;no\nb@a.example;x@b.example;yes\n"
    assert pairs(read(tmp_path, text, ";")) == [("b@a.example", "x@b.example")]


def test_the_mark_of_a_spreadsheet_and_empty_lines_mean_nothing(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbfsource,destination\r\n\r\na@a.example,x@b.example\r\n"
    assert pairs(read(tmp_path, text)) == [("a@a.example", "x@b.example")]


def test_domains_need_no_kind_and_mailboxes_may_shield(tmp_path: Path) -> None:
    domains, boxes = tmp_path / "domains", tmp_path / "boxes"
    domains.write_text("domain\na.example\n")
    boxes.write_text("address,shields\nann@a.example,1\n")
    first, second = CsvFiles(domains=domains, mailboxes=boxes).records()
    assert isinstance(first, Domain)
    assert (first.name, first.kind) == ("a.example", "mailbox")
    assert isinstance(second, Mailbox)
    assert (second.address, second.shields) == ("ann@a.example", True)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", BackendIncomplete, "is empty"),
        ("source,active\n", BackendMisconfigured, "lacks destination"),
        ("source,destination,Source\n", BackendMisconfigured, "names source twice"),
        ("source,destination\na@a.example\n", BackendDataError, "line 2 has 1 values, not 2"),
        ('source,destination\na@a.example,"x@b.example', BackendIncomplete, "inside a value at line 2"),
        ('source,"destination', BackendIncomplete, "inside a value at line 1"),
    ],
)
def test_a_file_that_is_none_or_ends_early_is_an_error(
    text: str, error: type[Exception], said: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=said):
        read(tmp_path, text)


def test_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    records = read(tmp_path, b"source,destination\nm\xfc@a.example,x@b.example\n")
    assert [each.id for each in records if isinstance(each, Remark)] == ["not-utf8"]


def test_nothing_to_read_is_a_wrong_option() -> None:
    with pytest.raises(ValueError, match="nothing to read"):
        CsvFiles()


@pytest.mark.parametrize("separator", ["", ",,", '"', "\n"])
def test_a_separator_is_one_character(separator: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one character"):
        CsvFiles(forwards=tmp_path, separator=separator)


def test_the_version_is_another_one_when_a_file_is_written(tmp_path: Path) -> None:
    path = tmp_path / "forwards.csv"
    path.write_text("source,destination\n")
    backend = CsvFiles(forwards=path)
    before = backend.version()
    assert before == backend.version() != ""
    path.write_text("source,destination\na@a.example,b@b.example\n")
    assert backend.version() != before
    path.unlink()
    with pytest.raises(BackendUnavailable, match="No such file"):
        backend.version()
