"""A configuration is checked against its machine: everything that is wrong, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forwardresolve.errors import ConfigError
from forwardresolve.operate.checking import check

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = '[source.panel]\nbackend = "sample_backends:Small"\n'


def write(directory: Path, text: str) -> Path:
    path = directory / "config.toml"
    path.write_text(text)
    path.chmod(0o640)
    return path


def problems(directory: Path, text: str) -> list[str]:
    path = write(directory, text)
    with pytest.raises(ConfigError) as caught:
        check(path)
    prefix = f"{path}: "
    assert all(problem.startswith(prefix) for problem in caught.value.problems)
    return [problem.removeprefix(prefix) for problem in caught.value.problems]


def target(root: Path, more: str = "") -> str:
    return f'[[target]]\nname = "here"\nkind = "directory"\nroot = "{root}"\n{more}\n'


def head(directory: Path) -> str:
    return f'state_dir = "{directory}/state"\n'


def test_a_right_configuration_is_returned(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(0o700)

    checked = check(write(tmp_path, head(tmp_path) + SOURCE + target(tmp_path)))

    assert [each.name for each in checked.targets] == ["here"]


def test_what_the_file_says_is_checked_first(tmp_path: Path) -> None:
    text = SOURCE + 'prefx = "x"\n[resolve]\nrelay = "out"\n'

    assert problems(tmp_path, text) == [
        "source.panel.prefx: is not known; did you mean prefix?",
        "resolve.relay: must be one of internal, external",
    ]


def test_a_backend_that_is_not_there_is_a_problem_like_any_other(tmp_path: Path) -> None:
    assert problems(tmp_path, '[source.panel]\nbackend = "postfixadmn"\n')[0].startswith(
        "there is no backend 'postfixadmn'"
    )


def test_everything_that_is_wrong_with_the_machine_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(0o755)
    hooks = tmp_path / "hooks"
    (hooks / "pre").mkdir(parents=True)
    (hooks / "pre" / "notify").write_text("#!/bin/sh\n")
    text = (
        head(tmp_path)
        + SOURCE
        + target(tmp_path / "none", 'group = "no-such-group"\nrspamd_url = "127.0.0.1:11334"')
        + f'[deploy]\nhooks = "{hooks}"\n'
    )

    state, url, root, group, hook = problems(tmp_path, text)

    assert state.startswith(f"state_dir: others can use {tmp_path}/state")
    assert url.startswith("target[0].rspamd_url: 127.0.0.1:11334 is no URL of a Rspamd")
    assert root.startswith(f"target[0].root: there is no directory {tmp_path}/none")
    assert group == "target[0].group: there is no group no-such-group here; group may also be a number"
    assert hook.startswith(f"deploy.hooks: {hooks}/pre/notify: is not executable")


def test_an_owner_that_is_not_there_is_told(tmp_path: Path) -> None:
    text = head(tmp_path) + SOURCE + target(tmp_path, 'owner = "no-such-user"')

    assert problems(tmp_path, text)[0].startswith("target[0].owner: there is no user no-such-user here")


def test_a_deployment_to_nowhere_is_a_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, head(tmp_path) + SOURCE) == [
        "target: there is none; name a front end in a table [[target]]"
    ]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("relative", "must be an absolute path"),
        ("{}/file", "is no directory"),
        ("{}/file/x", "Not a directory"),
    ],
)
def test_a_state_dir_that_is_none_is_told(state: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    text = f'state_dir = "{state.format(tmp_path)}"\n' + SOURCE + target(tmp_path)

    assert said in problems(tmp_path, text)[0]


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    ssh = '[[target]]\nname = "mx1"\nkind = "ssh"\nhost = "mx1"\n'

    assert check(write(tmp_path, head(tmp_path) + SOURCE + ssh + 'ssh = ["sh"]\n')).targets
    assert problems(tmp_path, head(tmp_path) + SOURCE + ssh + 'ssh = ["no-such-ssh"]\n') == [
        "target[0].ssh: there is no program no-such-ssh here; on Debian: apt-get install openssh-client"
    ]
