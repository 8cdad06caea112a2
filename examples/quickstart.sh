#!/bin/sh
# From nothing to the list: install forwardresolve into a virtual environment of its own, make a
# small PostfixAdmin database, and look at everything that comes out. Needs Python 3.11 with venv.
#
# All of it lands in one directory, examples/quickstart, or the one that QUICKSTART names.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${QUICKSTART:-$here/quickstart}
database=$work/postfixadmin.db
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

say() {
    printf '\n== %s\n' "$*"
}

show() {
    printf '$ %s\n' "$*"
    PATH=$work/venv/bin:$PATH "$@"
}

for python in ${PYTHON:-} python3 python3.13 python3.12 python3.11 none; do
    if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        break
    fi
done
if [ "$python" = none ]; then
    echo "forwardresolve needs Python 3.11 with venv; on Debian or Ubuntu: apt-get install python3-venv" >&2
    exit 1
fi

mkdir -p "$work"
say "Installing into $work/venv ..."
[ -x "$work/venv/bin/python" ] || "$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --no-compile "$here/.."

say "A small mail host, in a PostfixAdmin database (see examples/postfixadmin.sql)."
rm -f "$database"
"$work/venv/bin/python" - "$database" "$here/postfixadmin.sql" <<'PYTHON'
import sqlite3, sys
with open(sys.argv[2], encoding="utf-8") as script, sqlite3.connect(sys.argv[1]) as connection:
    connection.executescript(script.read())
PYTHON
cd "$work"

say "Which addresses reach an address outside, directly or over others?"
show forwardresolve build --backend postfixadmin --url sqlite:///postfixadmin.db

say "Why is info@example.net among them? Nothing in its own row leads outside."
show forwardresolve explain info@example.net --backend postfixadmin --url sqlite:///postfixadmin.db

say "Any address may be asked about, also one that no row names."
show forwardresolve query info+news@shop.example sales@example.net ann@gmail.example \
    --backend postfixadmin --url sqlite:///postfixadmin.db

say "What Rspamd needs to refuse spam to them in the SMTP dialogue (for /etc/rspamd)."
show forwardresolve build --backend postfixadmin --url sqlite:///postfixadmin.db --output rspamd
for file in maps.d/forwardings.inc.local multimap.conf force_actions.conf; do
    say "rspamd/local.d/$file"
    cat "rspamd/local.d/$file"
done

say "Done. It all lies in $work; the README says where to read on."
