"""The configuration: everything that is wrong, at once, before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from forwardresolve.config import Config, Resolve, from_options, from_table, load
from forwardresolve.errors import BackendNotFound, ConfigError
from forwardresolve.rspamd import RspamdSettings

WHOLE = """
state_dir = "/srv/state"

[source.panel]
backend = "sample_backends:Small"
prefix = "x-"

[source.office]
backend = "sample_backends:Guarded"
url = { env = "OFFICE_URL" }

[resolve]
recipient_delimiter = "+-"
myorigin = "Host.Example"
relay = "external"
internal_domains = ["partner.example"]
kept_copy = "ignore"

[rspamd]
symbol = "FORWARDS"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration file that only its owner can read."""
    path = tmp_path / "config.toml"
    path.touch(0o600)
    return path


def problems(text: str, file: Path) -> tuple[str, ...]:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    prefix = f"{file}: "
    assert all(problem.startswith(prefix) for problem in caught.value.problems)
    return tuple(problem.removeprefix(prefix) for problem in caught.value.problems)


def test_a_whole_file_becomes_backends_and_settings(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICE_URL", "ldap://x")
    file.write_text(WHOLE)

    config = load(file)

    assert [*config.sources] == ["panel", "office"]
    assert repr(config.sources["panel"]) == "Small(prefix='x-')"
    assert config.resolve == Resolve(
        recipient_delimiter="+-",
        myorigin="Host.Example",
        relay="external",
        internal_domains=("partner.example",),
        kept_copy="ignore",
    )
    assert config.rspamd == RspamdSettings(symbol="FORWARDS")
    assert config.state_dir == Path("/srv/state")


def test_one_source_is_enough() -> None:
    config = from_table({"source": {"panel": {"backend": "sample_backends:Small"}}})

    assert config == Config(sources=config.sources)
    assert config.resolve.recipient_delimiter is None


def test_the_environment_names_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[source.panel]\nbackend = "sample_backends:Small"\n')
    monkeypatch.setenv("FORWARDRESOLVE_CONFIG", str(file))

    assert [*load().sources] == ["panel"]


def test_the_default_file_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORWARDRESOLVE_CONFIG", raising=False)
    monkeypatch.setattr("forwardresolve.config.DEFAULT_PATH", Path("/nonexistent/config.toml"))

    with pytest.raises(ConfigError, match=r"^/nonexistent/config\.toml: cannot be read: No such file"):
        load()


def test_all_problems_of_a_file_are_told_at_once(file: Path) -> None:
    text = """
    state_dri = "/x"
    [source.panel]
    backend = "sample_backends:Small"
    prefx = "x"
    [source.nameless]
    prefix = "x"
    [source.numbered]
    backend = 3
    [source.unknown]
    backend = "no_such_module:Panel"
    [resolve]
    relay = "outside"
    recipient_delimiter = "@"
    [rspamd]
    symbol = "no symbol"
    """

    assert set(problems(text, file)) == {
        "source.panel.prefx: is not known; did you mean prefix?",
        "source.nameless.backend: is missing",
        "source.numbered.backend: must be a text",
        "there is no backend 'no_such_module:Panel': no module no_such_module",
        "state_dri: is not known; did you mean state_dir?",
        "resolve.relay: must be one of internal, external",
        "rspamd: symbol must be a letter and then letters, digits and '_', not 'no symbol'",
    }


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            'recipient_delimiter = "@"',
            'resolve.recipient_delimiter: must be characters such as "+" or "+-", or empty',
        ),
        ('myorigin = "a..b"', "resolve.myorigin: 'a..b' is no domain"),
        ('internal_domains = ["a.example", "@"]', "resolve.internal_domains: '@' is no domain"),
        ('kept_copy = "igonre"', "resolve.kept_copy: must be one of list, ignore; did you mean ignore?"),
        (
            "reccipient_delimiter = 1",
            "resolve.reccipient_delimiter: is not known; did you mean recipient_delimiter?",
        ),
    ],
)
def test_a_setting_that_does_not_fit_is_named(line: str, problem: str, file: Path) -> None:
    text = f'[source.panel]\nbackend = "sample_backends:Small"\n[resolve]\n{line}\n'

    assert problems(text, file) == (problem,)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "source: is missing"),
        ("[source]", "source: is empty; name at least one source in a table [source.NAME]"),
        ("source = 3", "source: must be a table, not an integer"),
        ("[source]\npanel = 3", "source.panel: must be a table, not an integer"),
        ("[gard]\n[source.a]\nbackend='sample_backends:Small'", "gard: is not known; did you mean guard?"),
    ],
)
def test_a_file_of_the_wrong_form_is_named(text: str, problem: str, file: Path) -> None:
    assert problem in problems(text, file)


def test_a_file_that_is_no_toml_is_told_with_its_line(file: Path) -> None:
    assert "at line 2" in problems("a = 1\nb = = 2", file)[0]


def test_a_file_that_is_no_text_is_told(file: Path) -> None:
    file.write_bytes(b"a = '\xff'")

    with pytest.raises(ConfigError, match=r"is no UTF-8 \(byte 5\)"):
        load(file)


def test_a_backend_that_cannot_be_used_is_an_error_of_its_own_when_all_else_fits(file: Path) -> None:
    file.write_text('[source.panel]\nbackend = "no_such_module:Panel"\n')

    with pytest.raises(BackendNotFound):
        load(file)


def test_a_password_in_a_file_that_others_can_read_is_refused(file: Path) -> None:
    text = '[source.office]\nbackend = "sample_backends:Guarded"\nurl = "ldap://u:hunter2@x"\n'
    file.write_text(text)
    assert [*load(file).sources] == ["office"]

    file.chmod(0o644)
    (problem,) = problems(text, file)

    assert problem.startswith(
        "source.office.url: is a secret, and every user of this machine can read this file"
    )
    assert problem.endswith(f"or run: chmod o-rwx {file}")
    assert "hunter2" not in problem


def test_a_file_without_a_password_may_be_open_to_all(file: Path) -> None:
    file.write_text('[source.panel]\nbackend = "sample_backends:Small"\n')
    file.chmod(0o644)

    assert [*load(file).sources] == ["panel"]


def test_options_of_a_command_line_are_the_same_table_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICE_URL", "ldap://u:hunter2@x")

    config = from_options("sample_backends:Guarded", ["url.env=OFFICE_URL", "note=a=b"])

    assert repr(config.sources) == "{'Guarded': Guarded(url=Secret(...), note='a=b')}"


def test_a_password_on_the_command_line_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(ConfigError) as caught:
        from_options("sample_backends:Guarded", ["url=ldap://u:hunter2@x", "not=x"])

    told = str(caught.value)
    assert "--option url: is a secret" in told
    assert "--option KEY.env=NAME" in told
    assert "--option not: is not known; did you mean note?" in told
    assert "hunter2" not in told
