"""cPanel, DirectAdmin and Hestia: what their files say, read as their Exim does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backends.text_sources import write
from forwardresolve import ForwardingGraph, resolve
from forwardresolve.sdk import (
    Backend,
    BackendIncomplete,
    BackendMisconfigured,
    BackendUnavailable,
    Remark,
)
from forwardresolve_backends.exim import CPanel, DirectAdmin, Hestia

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve import Resolution

OUT = "x@outside.example.net"


def resolved(backend: Backend) -> Resolution:
    return resolve(ForwardingGraph.from_records(backend.records()))


def cpanel(root: Path, aliases: list[str], boxes: list[str] = [], forward: str = "") -> CPanel:  # noqa: B006 (never changed)
    write(root / "etc/localdomains", ["a.example"])
    write(root / "etc/userdomains", ["a.example: customer", "*: nobody"])
    write(root / "etc/valiases/a.example", aliases)
    write(root / "home/customer/etc/a.example/passwd", [f"{box}:x:1:1::/home/customer:/" for box in boxes])
    if forward:
        write(root / "etc/vdomainaliases/a.example", [f"a.example: {forward}"])
    return CPanel(root=root)


def test_cpanel_lists_what_leaves(tmp_path: Path) -> None:
    backend = cpanel(
        tmp_path,
        [
            f"info@a.example: {OUT}",
            "sales@a.example: info@a.example, customer",
            "ann@a.example: ben@a.example",
        ],
        ["ann", "ben"],
    )
    assert resolved(backend).addresses == ("info@a.example", "sales@a.example")


def test_cpanel_keeps_the_copy_of_a_mailbox_that_forwards(tmp_path: Path) -> None:
    verdict = resolved(cpanel(tmp_path, [f"ann@a.example: {OUT}"], ["ann"])).verdict("ann@a.example")
    assert (verdict.listed, verdict.keeps_copy) == (True, True)


def test_cpanel_leaves_mailboxes_out_of_the_default_address(tmp_path: Path) -> None:
    resolution = resolved(cpanel(tmp_path, [f"*: {OUT}"], ["ann"]))
    assert dict(resolution.catch_alls) == {"a.example": ("ann@a.example",)}


@pytest.mark.parametrize("word", [":fail: nobody of that name", ":blackhole:", '":defer: later"'])
def test_cpanel_answers_for_an_address_that_reaches_nobody(word: str, tmp_path: Path) -> None:
    resolution = resolved(cpanel(tmp_path, [f"gone@a.example: {word}", f"*: {OUT}"]))
    assert dict(resolution.catch_alls) == {"a.example": ("gone@a.example",)}


def test_cpanel_lists_nothing_for_a_default_address_that_fails(tmp_path: Path) -> None:
    resolution = resolved(cpanel(tmp_path, ["*: :fail: no such user", f"info@a.example: {OUT}"]))
    assert (resolution.addresses, dict(resolution.catch_alls)) == (("info@a.example",), {})


def test_cpanel_leaves_the_default_address_to_the_account(tmp_path: Path) -> None:
    assert dict(resolved(cpanel(tmp_path, ["*: customer"])).catch_alls) == {}


def test_a_forwarded_domain_goes_before_its_default_address(tmp_path: Path) -> None:
    backend = cpanel(tmp_path, ["*: :fail: no", "info@a.example: customer"], forward="outside.example.net")
    resolution = resolved(backend)
    assert dict(resolution.catch_alls) == {"a.example": ("info@a.example",)}
    assert resolution.path("bob@a.example") == ("bob@a.example", "bob@outside.example.net")


def test_a_command_is_nobody_outside(tmp_path: Path) -> None:
    assert (
        resolved(cpanel(tmp_path, ['info@a.example: "|/usr/local/bin/autorespond info, a"'])).addresses == ()
    )


def test_directadmin_reads_names_and_pointers(tmp_path: Path) -> None:
    write(tmp_path / "domains", ["a.example", "pointer.example"])
    write(tmp_path / "a.example/aliases", ["customer: customer", f"info: {OUT}, ann", "*: :fail:"])
    write(tmp_path / "a.example/passwd", ["ann:hash:1:1::/home/customer/imap/a.example/ann:/bin/false"])
    (tmp_path / "pointer.example").symlink_to("a.example")
    resolution = resolved(DirectAdmin(directory=tmp_path))
    assert resolution.addresses == ("info@a.example", "info@pointer.example")


def test_a_domain_of_directadmin_without_files_is_hosted(tmp_path: Path) -> None:
    write(tmp_path / "domains", ["bare.example"])
    assert resolved(DirectAdmin(directory=tmp_path)).verdict("u@bare.example").hosted


def test_hestia_keeps_a_copy_unless_the_account_only_forwards(tmp_path: Path) -> None:
    place = tmp_path / "a.example"
    write(place / "aliases", [f"ann@a.example:{OUT}", f"ben@a.example:{OUT}", f"*@a.example:{OUT}"])
    write(place / "passwd", ["ann:{MD5}x:customer:mail::/home/customer", "ben:{MD5}x:customer:mail::/"])
    write(place / "fwd_only", ["ben"])
    resolution = resolved(Hestia(directory=tmp_path))
    assert resolution.verdict("ann@a.example").keeps_copy
    assert not resolution.verdict("ben@a.example").keeps_copy
    assert dict(resolution.catch_alls) == {"a.example": ()}


def test_a_line_that_is_none_is_told(tmp_path: Path) -> None:
    records = cpanel(tmp_path, ["nonsense", f"info@a.example: {OUT}"]).records()
    assert [each.id for each in records if isinstance(each, Remark)] == ["bad-line"]


def test_a_file_that_goes_under_the_reading_is_an_error(tmp_path: Path) -> None:
    backend = cpanel(tmp_path, [f"info@a.example: {OUT}"])
    records = backend.records()
    next(records)
    (tmp_path / "etc/valiases/a.example").unlink()
    with pytest.raises(BackendUnavailable, match=r"valiases/a\.example"):
        list(records)


def test_a_file_that_changes_under_the_reading_is_an_error(tmp_path: Path) -> None:
    backend = cpanel(tmp_path, [f"u{n}@a.example: {OUT}" for n in range(10)])
    records = backend.records()
    next(record for record in records if str(record.origin).endswith("(line 1)"))
    (tmp_path / "etc/valiases/a.example").write_text("")
    with pytest.raises(BackendIncomplete, match="changed while it was read"):
        list(records)


def test_a_file_in_place_of_a_directory_is_told(tmp_path: Path) -> None:
    write(tmp_path / "domains", ["a.example"])
    write(tmp_path / "a.example", ["no directory"])
    with pytest.raises(BackendMisconfigured, match=r"a\.example"):
        list(DirectAdmin(directory=tmp_path).records())


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match="domains"):
        list(Hestia(directory=tmp_path / "domains").records())
