"""main.cf is read as Postfix reads it: postconf is asked about the same file."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from forwardresolve.sdk import BackendMisconfigured
from forwardresolve_backends._postfix_cf import MainCf, read_parameters, split_list
from servers.private import find_program

if TYPE_CHECKING:
    from pathlib import Path

TEXT: Final = """\
# A comment
myhostname = mx.example.net
  # an indented comment
first = one
   two,
# between the lines
\tthree

empty =
once = 1
once = 2
reference = $first and ${first} and $(first)
escaped = a $$literal dollar
when_set = ${first?yes}${empty?no}
when_empty = ${first:no}${empty:yes}
either = ${first?{yes}:{no}} ${empty?{yes}:{no}} ${first?{only}} ${empty?{only}}
nested = ${empty?{x}:{${first?{deep $once}}}}
domain = $mydomain
unknown = <$nothing>
spaces   =    around
mail = a=b
"""
VALUES: Final = {
    "first": "one two, three",
    "once": "2",
    "reference": "one two, three and one two, three and one two, three",
    "escaped": "a $literal dollar",
    "when_set": "yes",
    "when_empty": "yes",
    "either": "yes no only",
    "nested": "deep 2",
    "domain": "example.net",
    "unknown": "<>",
    "spaces": "around",
    "mail": "a=b",
    "mydestination": "mx.example.net, localhost.example.net, localhost",
    "myorigin": "mx.example.net",
    "relay_domains": "mx.example.net, localhost.example.net, localhost",
    "recipient_delimiter": "",
}


def write(directory: Path, text: str) -> Path:
    path = directory / "main.cf"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", VALUES)
def test_a_parameter_is_expanded(name: str, tmp_path: Path) -> None:
    assert MainCf.read(write(tmp_path, TEXT)).value(name) == VALUES[name]


@pytest.mark.live
def test_postconf_says_the_same(tmp_path: Path) -> None:
    names = [name for name in VALUES if name != "escaped"]  # postconf -x leaves $$ as it is
    write(tmp_path, TEXT)
    (tmp_path / "master.cf").write_text("")
    command = [find_program("postconf", "postfix"), "-c", str(tmp_path), "-x"]
    # postconf expands only what Postfix knows; a banner may hold any parameter

    said = {}
    for name in names:
        done = subprocess.run(
            [*command, "-o", f"smtpd_banner=<${{{name}}}>", "-h", "smtpd_banner"],
            capture_output=True,
            text=True,
            check=True,
        )
        said[name] = done.stdout.strip()[1:-1].strip()

    assert said == {name: " ".join(VALUES[name].split()) for name in names}


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        ("a, b  c,,d\t", ["a", "b", "c", "d"]),
        (
            "unionmap:{ldap:/a, proxy:ldap:/b} hash:/c",
            ["unionmap:{ldap:/a, proxy:ldap:/b}", "hash:/c"],
        ),
        ("inline:{ {a = b, c} }", ["inline:{ {a = b, c} }"]),
    ],
)
def test_a_list_is_split_outside_of_braces(text: str, items: list[str]) -> None:
    assert split_list(text) == items


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("a = $b\nb = $a\n", "a", "a refers to itself over a, b"),
        ("a = ${b\n", "a", "a has a brace that nothing closes"),
        ("a = ${{x} == {y} ? {1} : {2}}\n", "a", "a compares values"),
        ("a = $myhostname\n", "a", "does not set myhostname"),
        ("", "mydestination", "does not set myhostname"),
    ],
)
def test_what_cannot_be_resolved_is_an_error(text: str, name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match=r"main\.cf: ") as raised:
        MainCf.read(write(tmp_path, text)).value(name)
    assert said in str(raised.value)


@pytest.mark.parametrize(("level", "domains"), [("0", "a.example"), ("1", ""), ("3.6", "")])
def test_relay_domains_follow_the_compatibility_level(level: str, domains: str, tmp_path: Path) -> None:
    main_cf = write(tmp_path, f"compatibility_level = {level}\nmydestination = a.example\n")

    assert MainCf.read(main_cf).value("relay_domains") == domains


def test_a_host_without_a_domain_is_in_the_local_one(tmp_path: Path) -> None:
    assert MainCf.read(write(tmp_path, "myhostname = mx\n")).value("mydomain") == "localdomain"


def test_a_branch_without_braces_is_taken_as_it_stands(tmp_path: Path) -> None:
    main_cf = MainCf.read(write(tmp_path, "set = 1\na = ${set?yes:no}\nb = ${set?{yes}:no}\n"))

    assert main_cf.value("a") == "yes:no"
    assert main_cf.value("b") == "yes"


def test_a_line_that_is_no_assignment_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match="line 2: is no assignment: nonsense"):
        read_parameters(write(tmp_path, "a = b\nnonsense\n"))


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match="missing: cannot be read"):
        read_parameters(tmp_path / "missing")
    path = tmp_path / "main.cf"
    path.write_bytes(b"a = \xff\n")
    with pytest.raises(BackendMisconfigured, match="is no UTF-8"):
        read_parameters(path)
