"""From a change in the database to the front ends, on the command line, wrong turns included."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve.deploy.state import locked, read_state
from servers.private import lack

if TYPE_CHECKING:
    from cli.conftest import Outcome, Run

ROOT = Path(__file__).parents[2]
CONFIG = """
state_dir = "{path}/state"
[source.panel]
backend = "postfixadmin"
url = "sqlite:///{path}/mail.db"
[[target]]
name = "mx1"
kind = "directory"
root = "{path}/mx1"
[[target]]
name = "mx2"
kind = "directory"
root = "{path}/mx2"
"""


@attrs.frozen
class Admin:
    """Somebody at a terminal."""

    path: Path
    run: Run

    def __call__(self, *arguments: str) -> Outcome:
        return self.run(*arguments, "--config", str(self.path / "config.toml"))

    def sql(self, statements: str) -> None:
        with closing(connect(self.path / "mail.db")) as connection:
            connection.executescript(statements)

    def list(self) -> list[str]:
        return (self.path / "mx1/local.d/maps.d/forwardings.inc.local").read_text().splitlines()[1:]


@pytest.fixture
def admin(tmp_path: Path, run: Run) -> Admin:
    """The mail host of the examples, its list deployed to two directories."""
    made = Admin(tmp_path, run)
    made.sql((ROOT / "examples" / "postfixadmin.sql").read_text(encoding="utf-8"))
    (tmp_path / "config.toml").write_text(CONFIG.format(path=tmp_path))
    assert made("apply", "--first").code == 0
    return made


ONE_MORE = """
INSERT INTO alias (address, goto, domain) VALUES ('new@example.net', 'x@gmail.example', 'example.net');
"""
MANY_MORE = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
INSERT INTO alias (address, goto, domain)
SELECT 'u' || i || '@example.org', 'x@gmail.example', 'example.org' FROM n;
"""


def test_a_plan_says_what_changes_and_changes_nothing(admin: Admin) -> None:
    admin.sql(ONE_MORE)
    before = admin.list()

    done = admin("plan", "--exit-code")

    assert done.code == 7
    assert "  + new@shop.example  now: new@shop.example -> new@example.net -> x@gmail.example" in done.lines
    assert admin.list() == before
    assert admin("plan").code == 0


def test_a_plan_without_changes_exits_with_0(admin: Admin) -> None:
    assert admin("plan", "--exit-code").code == 0


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_a_plan_has_other_forms(form: str, admin: Admin) -> None:
    admin.sql(ONE_MORE)

    done = admin("plan", "--format", form)

    assert "new@example.net" in done.out
    assert form == "markdown" or json.loads(done.out)["changes"] is True


def test_a_saved_plan_is_applied_and_then_no_more(admin: Admin) -> None:
    admin.sql(ONE_MORE)
    saved = str(admin.path / "plan.json")
    assert admin("plan", "--out", saved).code == 0

    assert admin("apply", saved).code == 0
    assert "new@example.net" in admin.list()
    again = admin("apply", saved)
    assert (again.code, again.err.count("\n")) == (5, 1)
    assert "target mx1 holds something else" in again.err


def test_a_second_apply_says_that_there_is_nothing_to_do(admin: Admin) -> None:
    done = admin("apply")

    assert (done.code, done.err) == (0, "nothing to do\n")
    assert [line.partition(" already holds ")[0] for line in done.lines] == ["mx1:", "mx2:"]


def test_a_refused_change_is_approved_for_one_run(admin: Admin) -> None:
    admin.sql(MANY_MORE)
    before = admin.list()

    refused = admin("apply")
    assert refused.code == 5
    assert "would come; at once may come 50 or 10 %" in refused.err
    assert admin.list() == before
    found = re.search(r"approve ([0-9a-f]{12}) --reason", refused.err)
    assert found is not None
    approved = admin("approve", found[1], "--reason", "a new customer")
    assert (approved.code, approved.err.splitlines()[-1]) == (
        0,
        f"plan {found[1]} is released for the next run",
    )
    assert f"approved for the next run: plan {found[1]} (a new customer)" in admin("status").lines
    assert admin("apply").code == 0
    assert len(admin.list()) > 60


def test_an_approval_of_a_plan_that_nobody_knows_is_a_question(admin: Admin) -> None:
    done = admin("approve", "0" * 12, "--reason", "x")

    assert "the last run was not refused with this plan; is the digest right?" in done.err


def test_force_needs_a_reason(admin: Admin) -> None:
    admin.sql(MANY_MORE)

    assert admin("apply", "--force").code == 2
    done = admin("apply", "--force", "--reason", "a new customer")
    assert done.code == 0
    assert "a new customer" in done.err
    assert read_state(admin.path / "state").releases[-1].reason == "a new customer"


def test_a_failing_target_is_a_line_and_exits_with_6(admin: Admin) -> None:
    admin.sql(ONE_MORE)
    (admin.path / "mx2/local.d/maps.d/forwardings.inc.local").write_text("mine\n")

    done = admin("apply")

    assert done.code == 6
    assert done.err.count("\n") == 1
    assert "target mx2: " in done.err
    assert "was not written by forwardresolve" in done.err
    assert [line.partition(" now holds ")[0] for line in done.lines] == ["mx1:"]


def test_a_database_that_is_gone_leaves_everything_and_is_remembered(admin: Admin) -> None:
    before = admin.list()
    (admin.path / "mail.db").unlink()

    done = admin("apply")

    assert done.code == 4
    assert done.err.startswith("forwardresolve: error: source panel: ")
    assert admin.list() == before
    assert any(line.startswith("last run: failed ") for line in admin("status").lines)


def test_two_runs_at_once_are_one_run(admin: Admin) -> None:
    with locked(admin.path / "state"):
        done = admin("apply")

    assert done.code == 6
    assert re.fullmatch(r"forwardresolve: error: another run is under way \(process \d+, .*\n", done.err)


def test_a_rollback_is_held_until_somebody_resumes(admin: Admin) -> None:
    before = admin.list()
    admin.sql(ONE_MORE)
    admin("apply")

    done = admin("rollback", "--reason", "it was wrong")

    assert done.code == 0
    assert admin.list() == before
    assert "apply is held now; go on with: forwardresolve apply --resume" in done.err
    held = admin("apply")
    assert (held.code, held.err.count("\n")) == (5, 1)
    assert "apply is held since the rollback of" in admin("plan").err
    assert any(line.startswith("apply is held since the rollback") for line in admin("status").lines)
    assert admin("apply", "--resume").code == 0
    assert "new@example.net" in admin.list()


def test_a_rollback_names_a_generation_that_status_lists(admin: Admin) -> None:
    before = admin.list()
    admin.sql(ONE_MORE)
    admin("apply")
    (oldest,) = [line.split()[1] for line in admin("status").lines if line.startswith("kept: ")][-1:]

    assert admin("rollback", "--to", oldest, "--reason", "it was wrong").code == 0
    assert admin.list() == before
    assert admin("rollback", "--to", "f" * 20, "--reason", "x").code == 5
    assert admin("rollback").code == 2


def test_status_shows_the_newest_generations_and_all_where_asked(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.sql(ONE_MORE)
    admin("apply")
    monkeypatch.setattr("forwardresolve.cli.status._SHOWN", 1)

    short, full = (
        [line for line in admin("status", *more).lines if "kept: " in line] for more in ([], ["--full"])
    )

    assert len(full) == 2
    assert short[0] == full[0]
    assert short[1].startswith("kept: 1 more, the oldest of 20")
    assert short[1].endswith("; forwardresolve status --full shows them")


def test_status_is_also_json(admin: Admin) -> None:
    told = json.loads(admin("status", "--format", "json").out)

    assert told["schema_version"] == 1
    assert [(each["name"], each["is_current"]) for each in told["targets"]] == [("mx1", True), ("mx2", True)]
    assert told["run"]["outcome"] == "done"
    assert told["generations"][0]["digest"] == told["targets"][0]["held"]


def test_status_before_the_first_run_says_so(admin: Admin) -> None:
    text = CONFIG.format(path=admin.path / "other").replace(
        f"{admin.path}/other/mail.db", f"{admin.path}/mail.db"
    )
    (admin.path / "config.toml").write_text(text)

    assert admin("status").lines == ["mx1: holds nothing", "mx2: holds nothing", "last run: none"]


def test_a_target_that_was_changed_by_hand_is_not_what_was_wanted(admin: Admin) -> None:
    path = admin.path / "mx1/local.d/maps.d/forwardings.inc.local"
    path.write_text(path.read_text() + "more@example.net\n")

    first, second, *_ = admin("status").lines

    assert re.fullmatch(r"mx1: holds [0-9a-f]{12}; wanted is [0-9a-f]{12}", first)
    assert re.fullmatch(r"mx2: holds [0-9a-f]{12} for \d+ s", second)
    assert "now holds" in admin("apply").lines[0]


def test_the_guard_and_the_targets_are_checked_before_anything_is_read(admin: Admin) -> None:
    config = admin.path / "config.toml"
    config.write_text(config.read_text().replace('name = "mx2"', 'name = "mx1"') + "[guard]\nremoved = -1\n")

    done = admin("apply")

    assert done.code == 3
    assert "target: two are named mx1" in done.err
    assert "guard: removed must be 0 or more" in done.err


def test_a_deadline_that_has_passed_leaves_everything(admin: Admin) -> None:
    admin.sql(ONE_MORE)
    before = admin.list()

    done = admin("apply", "--deadline", "0")

    assert done.code == 1
    assert done.err == (
        "forwardresolve: error: the deadline has passed while source panel was read; nothing was touched\n"
    )
    assert admin.list() == before


def library() -> str:
    """Return where libfaketime lies, or skip the test (fail where live tests are required)."""
    places = (
        *Path("/usr/lib").glob("*/faketime/libfaketime.so.1"),
        Path("/usr/lib/faketime/libfaketime.so.1"),
    )
    found = next((str(path) for path in places if path.exists()), "")
    return found or lack("libfaketime is not installed (Debian package libfaketime)")


@pytest.mark.live
def test_a_clock_that_goes_back_breaks_nothing(admin: Admin) -> None:
    admin.sql(ONE_MORE)
    environment = {
        **os.environ,
        "LD_PRELOAD": library(),
        "FAKETIME": "-400d",
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "src", ROOT / "tests"))),
    }
    config = str(admin.path / "config.toml")

    def then(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "forwardresolve", *arguments, "--config", config]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    done = then("apply")

    assert (done.returncode, done.stderr) == (0, "")
    assert "new@example.net" in admin.list()
    assert then("status").returncode == 0
    now = admin("status")
    assert len([line for line in now.lines if line.startswith("kept: ")]) == 2
    assert then("rollback", "--reason", "back").returncode == 0
    assert "new@example.net" not in admin.list()
    assert admin("apply", "--resume").code == 0
