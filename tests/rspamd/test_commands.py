"""Running an admin's commands."""

from __future__ import annotations

import pytest

from forwardresolve.errors import TargetError
from forwardresolve.rspamd.commands import output_of, said_by


def test_the_output_is_returned_and_no_shell_reads_the_command() -> None:
    assert output_of("printf '%s|' a 'b c' '$HOME'") == "a|b c|$HOME|"


def test_what_is_said_is_both_outputs() -> None:
    command = "sh -c 'echo out; echo err >&2'"
    assert said_by(command) == "out\nerr\n"
    assert output_of(command) == "out\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sh -c 'echo why; exit 3'", "ends with 3: why"),
        ("/nowhere/rspamadm", "cannot be run: .*No such file"),
        ("echo 'open", "cannot be run: No closing quotation"),
        ("", "an empty command: cannot be run"),
    ],
)
def test_a_command_that_fails_is_named(command: str, said: str) -> None:
    with pytest.raises(TargetError, match=said):
        output_of(command)
