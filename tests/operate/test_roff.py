"""Pages of the manual: what is meant is what is printed."""

from __future__ import annotations

import subprocess

import pytest

from forwardresolve.operate.roff import arguments, escape, item, paragraphs, prose
from servers.private import find_program


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"),
        ("--config", r"\-\-config"),
        (r"a\b", r"a\eb"),
        (".hidden", r"\&.hidden"),
        ("'quoted'", r"\&'quoted'"),
    ],
)
def test_what_would_be_a_request_is_a_text(text: str, written: str) -> None:
    assert escape(text) == written


def test_literals_are_set_apart() -> None:
    assert prose("``a-b`` or `c`, .") == r"\fBa\-b\fR or \fBc\fR, ."
    assert prose("none") == "none"


def test_placeholders_of_a_term_are_set_apart() -> None:
    assert item("--config FILE", "The file.") == ".TP\n\\fB\\-\\-config\\fR \\fIFILE\\fR\nThe file."


def test_paragraphs_are_filled_and_examples_are_not() -> None:
    text = "One\ntwo.\n\n\b\nrun --this\n  .and this\n\n\n"

    assert list(paragraphs(text)) == [".PP\nOne two.", ".PP\n.nf\nrun \\-\\-this\n  .and this\n.fi"]
    assert list(paragraphs("")) == []


def test_arguments_of_a_docstring_come_in_their_order() -> None:
    text = """Do it.

    Args:
        first: The first one,
            in two lines: yes.
        second: ``b``.

    Returns:
        third: No argument.
    """

    assert arguments(text) == [("first", "The first one, in two lines: yes."), ("second", "``b``.")]
    assert arguments("Nothing.") == ()


@pytest.mark.live
@pytest.mark.parametrize("text", [".so /etc/passwd", "'x", r"\*[x] \n(ab", "-", "a\n.b", "`` ``"])
def test_groff_prints_the_text(text: str) -> None:
    page = "\n".join(['.TH X 1 "" ""', ".SH X", *paragraphs(text)])

    done = subprocess.run(
        [find_program("groff", "groff-base"), "-man", "-ww", "-Tutf8", "-P-cbou"],
        input=page,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr == ""
    assert " ".join(text.replace("`", "").split()) in " ".join(done.stdout.replace("\N{HYPHEN}", "-").split())
