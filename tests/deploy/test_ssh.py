"""A target behind ssh: what goes right, and what becomes of everything that goes wrong on the way."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import attrs
import pytest

from deploy.conversations import ADDRESSES, PATHS, generation
from forwardresolve.config import from_table
from forwardresolve.deploy import openssh
from forwardresolve.deploy.messages import Gives, Hello, Holds, Refuses, encode
from forwardresolve.deploy.receiving import MOST_BYTES
from forwardresolve.deploy.ssh import Ssh
from forwardresolve.deploy.target import Holding
from forwardresolve.errors import ConfigError, TargetError
from servers.private import free_port
from servers.sshd import known_as, receive, sshd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from servers.sshd import Sshd

OLD = generation("a@a.example", "b@a.example")
NEW = generation("a@a.example", "c@a.example", domains=("c.example",))
NOTHING = Holding({})
HELLO = encode(Hello(1, MOST_BYTES))


def behind(script: str, **options: float) -> Ssh:
    """Return a target whose ssh is a shell script."""
    return Ssh(name="mx1", host="mx1.example", ssh=("sh", "-c", script, "ssh"), **options)  # type: ignore[arg-type]


def answering(*answers: bytes) -> Ssh:
    """Return a target that greets and gives these answers, whatever is asked."""
    texts = b"".join(answers).decode().replace("\\", r"\\").replace("%", "%%")
    return behind(f"printf {shlex.quote(texts)}; cat >/dev/null")


@pytest.fixture
def local(tmp_path: Path) -> Ssh:
    """A target whose ssh starts forwardresolve receive here."""
    tmp_path.chmod(0o755)
    return behind(f"exec {receive(tmp_path)}")


def test_what_is_put_is_held_and_can_be_fetched(local: Ssh, tmp_path: Path) -> None:
    assert local.holding(PATHS) == NOTHING
    held = local.put(OLD, NOTHING)
    assert held == local.holding(PATHS) == Holding(OLD.digests, 1)
    assert local.fetch(ADDRESSES) == OLD.maps[1].content == (tmp_path / ADDRESSES).read_bytes()
    assert local.put(NEW, held) == Holding(NEW.digests, 2)


def test_a_generation_that_was_planned_over_something_else_is_refused(local: Ssh) -> None:
    local.put(OLD, NOTHING)
    with pytest.raises(
        TargetError, match=r"target mx1 \(mx1\.example\): refuses: generation 1 does not follow"
    ):
        local.put(NEW, NOTHING)
    assert local.holding(PATHS) == Holding(OLD.digests, 1)


def test_another_run_that_was_faster_with_the_same_is_no_failure(local: Ssh) -> None:
    held = local.put(OLD, NOTHING)
    assert local.put(OLD, NOTHING) == held


def test_the_guard_of_the_front_end_holds_until_somebody_releases_the_change(local: Ssh) -> None:
    many = generation(*(f"user{number}@a.example" for number in range(100)))
    held = local.put(many, NOTHING)
    with pytest.raises(TargetError, match=r"refuses: the guard of the front end .* the list becomes empty"):
        local.put(generation(), held)
    assert local.put(generation(), held, release="the provider\ncloses" + "!" * 5000) == Holding(
        generation().digests, 2
    )


def test_a_map_that_is_not_there_cannot_be_fetched(local: Ssh) -> None:
    with pytest.raises(TargetError, match=r"refuses: /.*/local.d/maps.d/.* is not there"):
        local.fetch(ADDRESSES)


def test_the_command_is_one_that_no_shell_misreads(tmp_path: Path) -> None:
    target = Ssh(
        name="mx1", host="user@mx1", root="/srv/a b", ssh=("sh", "-c", f'echo "$@" >{tmp_path}/asked', "x")
    )
    with pytest.raises(TargetError):
        target.holding(PATHS)
    asked = (tmp_path / "asked").read_text()
    assert (
        asked
        == "-T -o BatchMode=yes -o ConnectTimeout=10 -- user@mx1 forwardresolve receive --root '/srv/a b'\n"
    )


@pytest.mark.parametrize(
    ("said", "code", "problem"),
    [
        ("Host key verification failed.", 255, "its host key is not known; compare it"),
        ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", 255, "not the one in known_hosts"),
        ("u@h: Permission denied (publickey).", 255, "it does not take the key"),
        ('Load key "k": bad permissions', 255, "others can read the private key; run chmod 600"),
        ("ssh: Could not resolve hostname mx1: Name or service not known", 255, "its name is not known"),
        ("ssh: connect to host mx1 port 22: Connection refused", 255, "nobody listens there"),
        ("ssh: connect to host mx1 port 22: Connection timed out", 255, "nobody answers; is the host up"),
        ("ssh: connect to host mx1 port 22: No route to host", 255, "nobody answers; is the host up"),
        ("ssh: connect to host mx1 port 22: Network is unreachable", 255, "there is no way to it"),
        ("client_loop: send disconnect", 255, "the connection broke off"),
        ("sh: 1: forwardresolve: not found", 127, "forwardresolve cannot be run there; is it installed"),
        ("forwardresolve: error: mode must be permissions", 3, "broke off with exit code 3"),
        ("", 0, "broke off with exit code 0"),
    ],
)
def test_why_there_is_no_conversation_is_told_with_what_ssh_says(said: str, code: int, problem: str) -> None:
    target = behind(f"echo {shlex.quote(said)} >&2; exit {code}")
    with pytest.raises(TargetError) as caught:
        target.holding(PATHS)
    assert str(caught.value).startswith("target mx1 (mx1.example): ")
    assert problem in str(caught.value)
    assert f"(it says: {said})" in str(caught.value) or not said
    assert len(str(caught.value).splitlines()) == 1


def test_what_ssh_says_is_cleaned_and_cut(tmp_path: Path) -> None:
    tmp_path.joinpath("noise").write_bytes(b"\x1b[2J\xff evil\r\n" * 10_000 + b"the end\n")
    with pytest.raises(TargetError) as caught:
        behind(f"cat {tmp_path}/noise >&2; exit 255").holding(PATHS)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 2500


def test_an_ssh_that_is_killed_is_told() -> None:
    with pytest.raises(TargetError, match="ssh was ended by signal 9"):
        behind("kill -9 $$").holding(PATHS)


def test_an_ssh_that_is_not_there_is_told() -> None:
    with pytest.raises(TargetError, match=r"target mx1 \(mx1\): no-such-ssh: cannot be run: No such file"):
        Ssh(name="mx1", host="mx1", ssh=["no-such-ssh"]).holding(PATHS)


@pytest.mark.parametrize("script", ["sleep 100", f"printf '%s' {shlex.quote(HELLO.decode())}; sleep 100"])
def test_a_front_end_that_hangs_is_not_waited_for(script: str) -> None:
    began = time.monotonic()
    with pytest.raises(TargetError, match=r"nothing came or went for 0\.3 seconds"):
        behind(script, stall_timeout=0.3).holding(PATHS)
    with pytest.raises(TargetError, match=r"it took longer than 0\.3 seconds"):
        behind(script, timeout=0.3).put(NEW, NOTHING)
    assert time.monotonic() - began < 30


def test_a_front_end_that_drips_is_not_waited_for() -> None:
    dripping = "while :; do printf ' '; sleep 0.05; done"
    with pytest.raises(TargetError, match="it took longer than 1 seconds"):
        behind(dripping, timeout=1).holding(PATHS)


def test_a_front_end_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openssh, "_SECONDS_TO_END", 0.3)
    said = encode(Holds({}, 0)).decode()
    script = f"printf '%s' {shlex.quote(HELLO.decode() + said)}; echo $$ >{tmp_path}/pid; exec sleep 1000"
    assert behind(script).holding(PATHS) == NOTHING
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([b"Welcome to mx1!\n"], "is no message of forwardresolve; does something else"),
        ([b"x" * 100_000], "is no message of forwardresolve"),
        ([encode(Holds({}, 0))], "does not greet as forwardresolve does"),
        ([encode(Hello(2))], "speaks version 2, and this side 1; install the same release"),
        ([HELLO, encode(Gives(0, "0" * 64))], "answers something else than what was asked"),
        ([HELLO, encode(Refuses("failed", "the disk is full"))], "refuses: the disk is full"),
        ([HELLO, encode(Holds({f"{ADDRESSES}.other": "0" * 64}, 0))], "maps that it was not asked for"),
    ],
)
def test_an_answer_that_does_not_fit_is_told(answers: list[bytes], problem: str) -> None:
    with pytest.raises(TargetError) as caught:
        answering(*answers).holding(PATHS)
    assert str(caught.value).startswith("target mx1 (mx1.example): ")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([HELLO, encode(Holds(OLD.digests, 1))], "holds something else than what it was sent"),
        ([HELLO, encode(Holds(NEW.digests, 7))], "holds something else than what it was sent"),
        ([encode(Hello(1, 9))], "takes 9 bytes, and the maps have"),
    ],
)
def test_a_front_end_that_does_not_hold_what_it_was_sent_is_told(answers: list[bytes], problem: str) -> None:
    with pytest.raises(TargetError, match=problem):
        answering(*answers).put(NEW, NOTHING)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (encode(Gives(3, "0" * 64)) + b"abc", "are not the ones that were announced"),
        (encode(Gives(2**50, "0" * 64)), "bytes, and 268435456 are taken"),
    ],
)
def test_a_map_that_comes_wrongly_is_told(answer: bytes, problem: str) -> None:
    with pytest.raises(TargetError, match=problem):
        answering(HELLO, answer).fetch(ADDRESSES)


def test_a_map_that_is_cut_off_is_told() -> None:
    script = f"printf '%s' {shlex.quote((HELLO + encode(Gives(3, '0' * 64))).decode())}ab"
    with pytest.raises(TargetError, match="broke off with exit code 0"):
        behind(script).fetch(ADDRESSES)


def test_a_front_end_that_refuses_in_the_middle_of_a_transfer_is_heard() -> None:
    said = shlex.quote((HELLO + encode(Refuses("request", "the maps are too large"))).decode())
    many = generation(*(f"user{number}@a.example" for number in range(50_000)))
    with pytest.raises(TargetError, match="refuses: the maps are too large"):
        behind(f"printf '%s' {said}; exec <&-").put(many, NOTHING)


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("host", "-oProxyCommand=touch /tmp/x", "must be a host as ssh takes it"),
        ("host", "", "must be a host as ssh takes it"),
        ("host", "mx1\nmx2", "must be a host as ssh takes it"),
        ("ssh", [], "must name a program"),
        ("ssh", [""], "must name a program"),
        ("connect_timeout", 0, "must be more than 0"),
        ("timeout", 1e9, "must be more than 0 and at most"),
        ("hots", "mx1", "is not known; did you mean host?"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_its_key(key: str, value: object, problem: str) -> None:
    table = {"name": "mx1", "kind": "ssh", "host": "mx1"} | {key: value}
    with pytest.raises(ConfigError, match=rf"target\[0\]\.{key}: {problem}"):
        from_table({"source": {"panel": {"backend": "sample_backends:Small"}}, "target": [table]})


def test_a_table_becomes_a_target() -> None:
    table = {"name": "mx1", "kind": "ssh", "host": "mx1", "ssh": ["ssh", "-p", "2222"]}
    made = from_table({"source": {"panel": {"backend": "sample_backends:Small"}}, "target": [table]})
    assert made.targets[0].target == Ssh(name="mx1", host="mx1", ssh=("ssh", "-p", "2222"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root that the user of the sshd gets to."""
    made = tmp_path_factory.mktemp("root")
    for each in (made, made.parent):
        each.chmod(0o755)
    return made


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Sshd]:
    """A real sshd whose key is restricted to forwardresolve receive."""
    with sshd("mx1", "127.0.0.1", free_port(), receive(root), maps=root) as running:
        yield running


@pytest.fixture
def real(server: Sshd) -> Ssh:
    return Ssh(name="mx1", host="mx1", ssh=server.ssh, command="cat /etc/shadow", connect_timeout=30)


@pytest.mark.live
def test_a_key_that_is_restricted_to_receive_can_deploy_and_nothing_else(
    real: Ssh, server: Sshd, root: Path
) -> None:
    held = real.put(OLD, real.holding(PATHS))
    assert real.holding(PATHS) == held == Holding(OLD.digests, 1)
    assert real.fetch(ADDRESSES) == (root / ADDRESSES).read_bytes()
    asked = subprocess.run(
        [*server.ssh, "mx1", "id"], check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=60
    )
    assert asked.stdout == encode(Hello(1, MOST_BYTES))  # whatever is asked for, receive answers
    assert asked.returncode == 0


@pytest.mark.live
def test_several_requests_can_share_one_connection(real: Ssh, server: Sshd, tmp_path: Path) -> None:
    shared = tmp_path / "ssh_config"
    lines = ("ControlMaster auto", f"ControlPath {server.state}/%C", "ControlPersist 60")
    shared.write_text("\n".join([server.config.read_text(), *lines]))
    ssh = ("ssh", "-F", str(shared))
    before = server.log.read_text().count("Accepted publickey")
    for _ in range(3):
        attrs.evolve(real, ssh=ssh).holding(PATHS)
    assert server.log.read_text().count("Accepted publickey") == before + 1
    subprocess.run([*ssh, "-O", "exit", "mx1"], check=True, capture_output=True, timeout=60)


@pytest.mark.live
def test_an_unknown_host_key_is_refused_and_never_learned(real: Ssh, server: Sshd) -> None:
    known = server.known_hosts.read_text()
    try:
        server.known_hosts.write_text("")
        with pytest.raises(TargetError, match="its host key is not known; compare it"):
            real.holding(PATHS)
        assert server.known_hosts.read_text() == ""
        where, kind, _ = known.split(maxsplit=2)
        other = (server.state / "key.pub").read_text().split()[1]
        server.known_hosts.write_text(f"{where} {kind} {other}\n")
        with pytest.raises(TargetError, match="its host key is not the one in known_hosts"):
            real.holding(PATHS)
    finally:
        server.known_hosts.write_text(known)


@pytest.mark.live
def test_a_private_key_that_others_can_read_is_told(real: Ssh, server: Sshd) -> None:
    server.key.chmod(0o644)
    try:
        with pytest.raises(TargetError, match="others can read the private key; run chmod 600"):
            real.holding(PATHS)
    finally:
        server.key.chmod(0o600)


@pytest.mark.live
def test_a_key_that_the_front_end_does_not_know_is_told(real: Ssh, server: Sshd) -> None:
    known = server.authorized_keys.read_text()
    server.authorized_keys.write_text("")
    try:
        with pytest.raises(TargetError, match="it does not take the key"):
            real.holding(PATHS)
    finally:
        server.authorized_keys.write_text(known)


@pytest.mark.live
def test_a_front_end_without_forwardresolve_is_told(server: Sshd, real: Ssh) -> None:
    known = server.authorized_keys.read_text()
    try:
        server.authorized_keys.write_text(known.replace(sys.executable, "/nonexistent/python"))
        with pytest.raises(TargetError, match="forwardresolve cannot be run there"):
            real.holding(PATHS)
        server.authorized_keys.write_text(known.replace(f"{sys.executable} -m", "echo Welcome;"))
        with pytest.raises(TargetError, match="does something else than forwardresolve receive print"):
            real.holding(PATHS)
    finally:
        server.authorized_keys.write_text(known)


@pytest.mark.live
def test_a_port_where_nobody_listens_is_told(server: Sshd, real: Ssh) -> None:
    port = free_port()
    nobody = attrs.evolve(real, ssh=(*server.ssh, "-p", str(port)))
    with pytest.raises(TargetError, match="nobody listens there"):
        nobody.holding(PATHS)
    assert known_as("mx1", 22) == "mx1"
