"""The resident process: what makes it read, what makes it deploy, and what it never does."""

from __future__ import annotations

import json
import logging
import re
import socket
from typing import TYPE_CHECKING

import pytest

from forwardresolve import pipeline
from forwardresolve.config import load
from forwardresolve.deploy.releasing import approve
from forwardresolve.deploy.state import locked, read_state
from forwardresolve.errors import ConfigError, TargetError
from forwardresolve.live import Delta, Difference, LiveResolution, SetForwarding
from forwardresolve.operate import watching
from forwardresolve.operate.requests import leave
from forwardresolve.rspamd.live_maps import LiveMaps
from forwardresolve.sdk import Domain, Forward
from forwardresolve.watch.resident import Resident
from watch.panel import rows, wait_until

if TYPE_CHECKING:
    import datetime as dt

    from watch.panel import Watched

ANN, BEN, CAT = "ann@a.example", "ben@a.example", "cat@a.example"


def test_a_change_that_the_version_tells_reaches_every_target(watched: Watched) -> None:
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        watched.give(*rows("ann>out@b.example", "ben>ann@a.example"), version="2")
        wait_until(lambda: watched.hold(ANN, BEN))


def test_a_touched_address_is_read_at_once(watched: Watched) -> None:
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        watched.give(*rows("ann>out@b.example", "ben>ann@a.example"))  # its version stays
        watched.client.touch(BEN)
        wait_until(lambda: watched.hold(ANN, BEN))


def test_a_touched_address_is_read_and_nothing_else(watched: Watched) -> None:
    watched.configure(backend="AddressablePanel")
    (watched.path / "requests").mkdir()
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        (watched.path / "closed").touch()
        watched.give(*rows("ann>out@b.example", "ben>ann@a.example", "cat>ann@a.example"))
        watched.client.touch(BEN)
        wait_until(lambda: watched.hold(ANN, BEN))
        leave([CAT], watched.path / "requests")
        wait_until(lambda: watched.hold(ANN, BEN, CAT))
        watched.client.touch()
        wait_until(lambda: "not everything at once" in watched.client.status())
        (watched.path / "closed").unlink()
        wait_until(lambda: _status(watched).startswith("3 addresses"))


def test_a_touched_address_of_a_source_that_is_down_is_read_when_it_is_up(watched: Watched) -> None:
    watched.configure(watch="poll = 60\nsettle = 0.01", backend="AddressablePanel")
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        (watched.path / "down").touch()
        (watched.path / "closed").touch()
        watched.give(*rows("ann>out@b.example", "ben>ann@a.example"))
        watched.client.touch(BEN)
        wait_until(lambda: "the last list is kept: source panel: nobody answers" in watched.client.status())
        (watched.path / "down").unlink()
        wait_until(lambda: watched.hold(ANN, BEN))


def test_a_pushed_row_is_deployed_without_reading(watched: Watched) -> None:
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        (watched.path / "down").touch()
        delta = watched.client.push([SetForwarding(BEN, "ann@a.example")])
        assert delta.addresses.appear == (BEN,)
        wait_until(lambda: watched.hold(ANN, BEN))


def test_a_source_that_cannot_tell_is_read_now_and_then(watched: Watched) -> None:
    (watched.path / "version").unlink()
    watched.configure(watch="poll = 0.05\nreread = 0.1\nsettle = 0.01")
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        watched.give(*rows("ben>out@b.example"))
        wait_until(lambda: watched.hold(BEN))


def test_a_request_that_was_left_as_a_file_is_taken(watched: Watched) -> None:
    (watched.path / "requests").mkdir()
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        watched.give(*rows("ben>out@b.example"))
        leave([BEN], watched.path / "requests")
        wait_until(lambda: watched.hold(BEN))
    assert not list((watched.path / "requests").iterdir())


def test_a_source_that_is_down_keeps_the_last_list_alarms_and_is_read_when_it_is_up(watched: Watched) -> None:
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        (watched.path / "down").touch()
        wait_until(lambda: "the last list is kept: source panel: nobody answers" in watched.client.status())
        wait_until(lambda: 'run_outcome{outcome="failed"} 1' in (watched.path / "metrics.prom").read_text())
        watched.give(*rows("ben>out@b.example"), version="2")
        assert watched.hold(ANN)
        (watched.path / "down").unlink()
        wait_until(lambda: watched.hold(BEN))
    run = read_state(watched.path / "state").run
    assert run is not None
    assert run.outcome == "done"


def test_a_source_that_is_down_at_the_start_is_waited_for(watched: Watched) -> None:
    (watched.path / "down").touch()
    with watched.watching():
        wait_until(lambda: "nobody answers" in _status(watched))
        with pytest.raises(TargetError, match="have not been read yet; try again"):
            watched.client.preview([SetForwarding(BEN, "out@b.example")])
        watched.give(*rows("ben>out@b.example"), version="2")
        (watched.path / "down").unlink()
        wait_until(lambda: watched.hold(BEN))


def test_a_source_that_shrinks_is_held_until_somebody_approves(watched: Watched, now: dt.datetime) -> None:
    domains = [Domain(f"d{number}.example") for number in range(20)]
    many = [Forward(f"u{number}@d{number % 20}.example", "out@b.example") for number in range(60)]
    watched.give(*domains, *many, version="2")
    pipeline.apply(pipeline.plan(load(watched.config)), force=True, reason="a test")
    before = watched.lists()
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("60 addresses"))
        watched.give(*domains, *many[:10], version="3")
        wait_until(lambda: "held: " in watched.client.status())
        assert watched.lists() == before
        digest = re.search(r"approve ([0-9a-f]+)", watched.client.status())
        assert digest is not None
        approve(watched.path / "state", digest[1], "a test", now)
        wait_until(lambda: all(len(each) == 10 for each in watched.lists()))


def test_a_run_under_way_is_waited_for(watched: Watched) -> None:
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        with locked(watched.path / "state"):
            watched.client.push([SetForwarding(BEN, "ann@a.example")])
            wait_until(lambda: "another run is under way" in watched.client.status())
            assert watched.hold(ANN)
        wait_until(lambda: watched.hold(ANN, BEN))


def test_a_target_that_fails_is_tried_again(watched: Watched) -> None:
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        maps = watched.path / "mx2" / "local.d"
        maps.rename(watched.path / "away")
        maps.touch()
        watched.client.push([SetForwarding(BEN, "ann@a.example")])
        wait_until(lambda: "1 of 2 targets failed: target mx2" in watched.client.status())
        maps.unlink()
        (watched.path / "away").rename(maps)
        wait_until(lambda: watched.hold(ANN, BEN))


def test_a_burst_is_few_deployments(watched: Watched) -> None:
    watched.configure(watch="poll = 60\nsettle = 0.5")
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        for number in range(30):
            watched.client.push([SetForwarding(f"u{number}@a.example", "ann@a.example")])
        wait_until(lambda: all(len(each) == 31 for each in watched.lists()))
    history = read_state(watched.path / "state").target("mx1").history
    assert len(history) < 10


def test_a_difference_from_a_new_answer_is_an_error_and_the_new_one_is_used(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    delta = Delta(catch_alls=Difference(appear=("a.example",)))
    monkeypatch.setattr(LiveResolution, "delta_to", lambda *_: delta)
    watched.configure(watch="poll = 0.05\ncompare = 0.1\nsettle = 0.01")
    with caplog.at_level(logging.ERROR), watched.watching():
        wait_until(lambda: watching.load(watched.path / "state").differences)
    assert "watch-difference: " in caplog.text
    assert "0 addresses, 1 catch-alls, 0 exceptions, 0 entries" in watching.load(watched.path / "state").text


def test_a_map_that_is_not_kept_up_is_an_error_and_is_made_anew(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(LiveMaps, "follow", lambda *_: {})
    watched.configure(watch="poll = 60\ncompare = 1\nsettle = 0.01")
    with caplog.at_level(logging.ERROR), watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        watched.give(*rows("ann>ann@gmail.example", "ben>ann@a.example"))
        watched.client.push([SetForwarding(BEN, "ann@a.example")])
        wait_until(lambda: watched.hold(ANN, BEN))
    assert (
        "watch-difference: the answer that was kept up to date differed from a new one in the maps"
        in caplog.text
    )


def test_a_map_that_does_not_fit_what_changes_is_made_anew(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def misfit(*_: object) -> None:
        msg = "a line that goes is not there"
        raise ValueError(msg)

    monkeypatch.setattr(LiveMaps, "follow", misfit)
    with caplog.at_level(logging.ERROR), watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        watched.client.push([SetForwarding(BEN, "ann@a.example")])
        wait_until(lambda: watched.hold(ANN, BEN))
    assert "watch-difference: " in caplog.text


def test_a_comparison_that_finds_nothing_is_noted_and_deploys_what_has_changed(watched: Watched) -> None:
    watched.configure(watch="poll = 60\ncompare = 0.1\nsettle = 0.01")
    with watched.watching():
        wait_until(lambda: watching.load(watched.path / "state").compared)
        watched.give(*rows("ben>out@b.example"))  # its version says nothing
        wait_until(lambda: watched.hold(BEN))
    assert watching.load(watched.path / "state").differences == 0


def test_a_new_configuration_is_taken_over_and_a_broken_one_is_not(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), watched.watching() as resident:
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        watched.config.write_text("[")
        resident.reload()
        wait_until(lambda: "the one before goes on" in caplog.text)
        watched.configure('[resolve]\ninternal_domains = ["b.example"]\n[guard]\nallow_empty = true\n')
        resident.reload()
        wait_until(watched.hold)


def test_bad_lines_are_answered_and_the_connection_stays(watched: Watched) -> None:
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        with socket.socket(socket.AF_UNIX) as way:
            way.connect(str(watched.client.path))
            file = way.makefile("rwb")
            for line in (b"{", b"[]", b'{"ask": "tuch"}', b'{"ask": "push", "changes": [{}]}', b"\xff"):
                file.write(line + b"\n")
                file.flush()
                answer = json.loads(file.readline())
                assert not answer["ok"]
                assert answer["error"]
            file.write(b'{"ask": "status"}\n')
            file.flush()
            assert json.loads(file.readline())["ok"]
        assert watched.hold(ANN)


def test_a_row_in_no_hosted_domain_is_taken_and_told(watched: Watched) -> None:
    change = b'{"record": "forward", "source": "x@nowhere.example", "destinations": "out@b.example"}'
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        with socket.socket(socket.AF_UNIX) as way:
            way.connect(str(watched.client.path))
            way.sendall(b'{"ask": "push", "changes": [%b]}\n' % change)
            answer = json.loads(way.makefile("rb").readline())
        assert answer["notes"] == ["nowhere.example is no hosted domain, so nothing in it is listed"]
        assert answer["delta"]["addresses"] == {"appear": [], "vanish": []}
        assert watched.hold(ANN)


def test_nobody_watches_twice(watched: Watched) -> None:
    with watched.watching():
        wait_until(lambda: _status(watched).startswith("1 addresses"))
        with pytest.raises(TargetError, match="another forwardresolve watch listens there"):
            Resident(watched.config).run()
        assert _status(watched)


def test_a_configuration_that_does_not_fit_ends_it_at_the_start(watched: Watched) -> None:
    watched.config.write_text("[")
    with pytest.raises(ConfigError), watched.watching():
        pass


def _status(watched: Watched) -> str:
    try:
        return watched.client.status()
    except TargetError:
        return ""
