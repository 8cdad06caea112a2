"""Expressions of regexp and pcre tables answer as Postfix says they do."""

from __future__ import annotations

import subprocess
from itertools import product
from typing import TYPE_CHECKING, Final

import pytest

from forwardresolve.sdk import BackendMisconfigured, Remark
from forwardresolve_backends._postfix_patterns import Expression, expressions
from servers.private import find_program

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve_backends._postfix_patterns import Syntax

PCRE: Final = r"""
# a comment
/^sales-(.*)@a\.example$/   $1@ext.example
!/@a\.example$/             outside@ext.example
if /^list-(.*)@/
/-(?<who>owner|request)@/   ${1}@lists.example
if !/moderated/
/@(.*)$/                    all-$(1)
endif
endif
/[[:digit:]]{2,}[]x[]/x     digits@ext.example,
                            $$5@ext.example
/nobody|noone/i             none@ext.example
/(no)such/                  $2@ext.example
/^anchored/A                anchored@ext.example
"""
REGEXP: Final = r"""
/^(u|v)([0-9]+)@a\.example$/ $2-$1@ext.example
/^[^[:alnum:]@]+@/           marks@ext.example
if /^w/
!/b\.example$/               not-b@ext.example
endif
/[\]y]@/                     bracket@ext.example
"""
ADDRESSES: Final = [
    f"{local}@{domain}"
    for local, domain in product(
        (
            "sales-eu",
            "nosuch",
            "list-x",
            "list-x-owner",
            "list-moderated",
            "a12]b",
            "noone",
            "anchored",
            "u7",
            "w",
            "--",
            "qy",
        ),
        ("a.example", "b.example", "ext.example"),
    )
]


def answers(path: Path, syntax: Syntax, text: str) -> dict[str, str]:
    path.write_text(text)
    read = [each for each in expressions(path, syntax, "here") if isinstance(each, Expression)]
    first = {
        address: next(filter(None, [each.answer(address) for each in read]), "") for address in ADDRESSES
    }
    return {address: " ".join(said.split()) for address, said in first.items() if said}


@pytest.mark.live
@pytest.mark.parametrize(("syntax", "text"), [("pcre", PCRE), ("regexp", REGEXP)])
def test_every_line_answers_as_postmap_does(syntax: Syntax, text: str, tmp_path: Path) -> None:
    ours = answers(tmp_path / "table", syntax, text)
    asked = subprocess.run(
        [find_program("postmap", "postfix-pcre"), "-q", "-", f"{syntax}:{tmp_path / 'table'}"],
        input="".join(f"{each}\n" for each in ADDRESSES),
        capture_output=True,
        text=True,
        check=True,
    )
    pairs = (line.split("\t") for line in asked.stdout.splitlines())
    assert ours == {key: " ".join(value.split()) for key, value in pairs}
    assert len(set(ours.values())) >= 3


def test_a_line_of_pcre_answers_with_its_groups(tmp_path: Path) -> None:
    said = answers(tmp_path / "table", "pcre", PCRE)
    assert said["sales-eu@a.example"] == "eu@ext.example"
    assert said["u7@b.example"] == "outside@ext.example"
    assert said["list-x-owner@a.example"] == "owner@lists.example"
    assert said["list-x@a.example"] == "all-a.example"
    assert said["a12]b@a.example"] == "digits@ext.example, $5@ext.example"
    assert "list-moderated@a.example" not in said


def test_a_line_of_regexp_takes_a_backslash_in_brackets_as_it_is(tmp_path: Path) -> None:
    said = answers(tmp_path / "table", "regexp", REGEXP)
    assert said["u7@a.example"] == "7-u@ext.example"
    assert said["--@b.example"] == "marks@ext.example"
    assert said["w@a.example"] == "not-b@ext.example"
    assert "qy@a.example" not in said


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("/a", "nothing closes"),
        ("a@b.example c", "no /expression/"),
        ("/a/", "no value behind"),
        ("/a/U x@ext.example", "the flag U"),
        ("/(?{code})/ x@ext.example", "Python cannot read"),
        ("/[[:what:]]/ x@ext.example", "unknown class of characters"),
        ("endif", "an endif has no if"),
        ("if /a/\n/b/ c", "an if has no endif"),
        ("if /a/ more\nendif", "text behind the if"),
        (r"if /(a)/" + "\n" + r"/(b)\1/ x@ext.example" + "\nendif", "refers to a group"),
        ("if /(a)(b)(c)(d)(e)(f)(g)(h)(i)/\n/(j)/ $1@ext.example\nendif", "more groups"),
    ],
)
def test_a_line_that_cannot_be_followed_is_an_error(line: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match=complaint) as caught:
        answers(tmp_path / "table", "pcre", f"{line}\n")
    assert str(tmp_path / "table") in str(caught.value)


def test_a_line_that_postfix_skips_is_a_remark(tmp_path: Path) -> None:
    (tmp_path / "table").write_text("/(a)/ $2@ext.example\n!/(a)/ $1@ext.example\n/b/ x@ext.example\n")
    read = [*expressions(tmp_path / "table", "pcre", "here")]
    assert [each.id for each in read if isinstance(each, Remark)] == ["bad-line", "bad-line"]
    assert len(read) == 3


def test_a_line_that_is_no_text_is_a_remark(tmp_path: Path) -> None:
    (tmp_path / "table").write_bytes(b"/\xff/ x@ext.example\n")
    read = [*expressions(tmp_path / "table", "pcre", "here")]
    assert [each.id for each in read if isinstance(each, Remark)] == ["not-utf8"]
