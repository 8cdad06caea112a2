"""A newcomer follows docs/operate.md: its commands are run as they stand there, on a machine of their own.

The machine is this one behind a mount namespace: what the commands write goes into memory and is gone
afterwards. Only what cannot be there is replaced: the package index, systemd's manager, an editor.
"""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from forwardresolve.operate.hooks import Circumstances, environment
from forwardresolve.operate.metrics import metrics
from operate.states import a_state, verified
from servers.private import find_program

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operate.md"
SECTION = "## From installation to a running timer\n"
WRITTEN = ("etc", "usr/local", "opt", "var/lib", "run")

_MACHINE = """
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /mnt
for each in {written}; do
    mkdir -p "/mnt/$each" "/mnt/aside/$each"
    mount -t overlay overlay -o "lowerdir=/$each,upperdir=/mnt/$each,workdir=/mnt/aside/$each" "/$each"
done
chmod o+x {passed}  # the user of the service has to get to this interpreter and this checkout
cd /mnt
export HOME=/mnt PATH="{stubs}:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"
export EDITOR="{stubs}/editor" PAGER=cat
unset FORWARDRESOLVE_CONFIG FORWARDRESOLVE_DEBUG
"""

_PROGRAM = """#!/bin/sh
mkdir -p /opt/forwardresolve/bin /opt/forwardresolve/share/man/man1 /opt/forwardresolve/share/man/man5
cp {root}/docs/man/*.1 /opt/forwardresolve/share/man/man1
cp {root}/docs/man/*.5 /opt/forwardresolve/share/man/man5
cat >/opt/forwardresolve/bin/pip <<'EOF'
#!/bin/sh
printf '#!/bin/sh\\nexport PYTHONPATH={path}\\nexec {python} -m forwardresolve "$@"\\n' \\
    >/opt/forwardresolve/bin/forwardresolve
chmod 755 /opt/forwardresolve/bin/forwardresolve
EOF
chmod 755 /opt/forwardresolve/bin/pip
"""

_EDITOR = """#!/bin/sh
case "$1" in
*.url) echo 'sqlite:////var/lib/panel.db' >"$1" ;;
*) grep -q '^url' "$1" ;;
esac
"""


def commands() -> list[str]:
    """Return the blocks of the section, in their order."""
    section = PAGE.read_text(encoding="utf-8").partition(SECTION)[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


@pytest.fixture
def stubs(tmp_path: Path) -> Path:
    """What stands in for the package index, for systemd's manager, and for an editor."""
    python = str(Path(sys.executable).resolve().parent / "python3")
    path = os.pathsep.join([str(ROOT / "src"), *(each for each in sys.path if "site-packages" in each)])
    scripts = {
        "python3": _PROGRAM.format(root=ROOT, path=path, python=python),
        "apt-get": "#!/bin/sh\n",
        "systemctl": '#!/bin/sh\necho systemctl "$@" >>/mnt/systemctl\n',
        "journalctl": "#!/bin/sh\n",
        "editor": _EDITOR,
    }
    directory = tmp_path / "stubs"
    directory.mkdir()
    for name, text in scripts.items():
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    return directory


def machine(stubs: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script as root on a machine of its own."""
    places = [Path(sys.executable).resolve(), ROOT / "src", stubs / "editor"]
    passed = {str(each) for place in places for each in list(place.parents)[:-1]}
    tops = {place.parts[1] for place in places} - {"usr"}
    head = _MACHINE.format(
        written=" ".join([*WRITTEN, *sorted(tops - set(WRITTEN))]),
        passed=shlex.join(sorted(passed)),
        stubs=stubs,
    )
    return subprocess.run(
        [find_program("unshare", "util-linux"), "--mount", "sh", "-c", head + script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def ready(stubs: Path) -> Path:
    """Skip where the machine cannot be made."""
    for name, package in (("systemd-sysusers", "systemd"), ("rspamadm", "rspamd"), ("runuser", "util-linux")):
        find_program(name, package)
    if os.geteuid() or machine(stubs, "").returncode:
        pytest.skip("needs root and overlay mounts in a namespace of its own")
    return stubs


@pytest.mark.live
def test_a_newcomer_gets_to_a_running_timer(ready: Path, tmp_path: Path) -> None:
    database = tmp_path / "panel.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript((ROOT / "examples" / "postfixadmin.sql").read_text(encoding="utf-8"))
    steps = "\n".join(commands())
    look = f"""
cp {shlex.quote(str(database))} /var/lib/panel.db
chmod 644 /var/lib/panel.db
{steps}
echo == list
cat list.txt
echo == map
tail -n +2 /etc/rspamd/local.d/maps.d/forwardings.inc.local
echo == places
stat -c '%U:%G %a %n' /etc/forwardresolve/* /run/forwardresolve/requests /var/lib/forwardresolve \\
    /etc/rspamd/local.d/maps.d
echo == systemctl
cat systemctl
echo == service
sed -n 's/^ExecStart=//p' /etc/systemd/system/forwardresolve.service >service
runuser -u forwardresolve -- forwardresolve touch info@example.net
runuser -u forwardresolve -- sh service
ls /run/forwardresolve/requests
echo == end
"""

    done = machine(ready, look)

    assert done.returncode == 0, done.stdout + done.stderr
    told = dict(re.findall(r"^== (\w+)\n(.*?)(?=^== )", done.stdout, re.MULTILINE | re.DOTALL))
    listed = [line for line in told["list"].splitlines() if not line.startswith("@")]
    assert len(listed) > 3
    assert told["map"].splitlines() == listed
    assert told["places"].splitlines() == [
        "root:forwardresolve 640 /etc/forwardresolve/config.toml",
        "root:forwardresolve 640 /etc/forwardresolve/panel.url",
        "forwardresolve:forwardresolve 700 /run/forwardresolve/requests",
        "forwardresolve:forwardresolve 700 /var/lib/forwardresolve",
        "forwardresolve:_rspamd 750 /etc/rspamd/local.d/maps.d",
    ]
    for unit in ("forwardresolve.timer", "forwardresolve.path", "forwardresolve-verify.timer"):
        assert unit in told["systemctl"]
    assert "already holds" in told["service"]
    assert "error:" not in done.stderr


def test_the_page_names_every_variable_of_a_hook_and_every_metric() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert len(commands()) >= 5
    assert [name for name in environment("pre", Circumstances()) if name not in page] == []
    named = set(re.findall(r"^# TYPE (\w+)", metrics(a_state(), [verified()]), re.MULTILINE))
    assert [name for name in named - {"forwardresolve_info"} if name not in page] == []
