#!/bin/sh
# The published recipe, from the database of a panel to three front ends: build once, look, send to each.
#
# As it stands the front ends are directories, so that it can be tried anywhere:
#
#   sh examples/three-front-ends.sh /tmp/recipe
#
# On real ones put `rsync --archive --delay-updates "$staging/" "root@$1:/etc/rspamd/"` into send(). Rsync,
# like the code here, writes each file beside its place and renames it, so Rspamd never reads half a map.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${1:?where shall it go? for example: sh examples/three-front-ends.sh /tmp/recipe}
front_ends="mx1 mx2 mailman"
staging=$work/staging
mkdir -p "$work"

# The panel: here a small PostfixAdmin in a file.
if [ ! -e "$work/panel.db" ]; then
    python3 - "$work/panel.db" "$here/postfixadmin.sql" <<'PYTHON'
import sqlite3, sys
with open(sys.argv[2], encoding="utf-8") as script, sqlite3.connect(sys.argv[1]) as connection:
    connection.executescript(script.read())
PYTHON
fi

cat >"$work/config.toml" <<TOML
[source.panel]
backend = "postfixadmin"
url = "sqlite:///$work/panel.db"

[rspamd]
mode = "enforce"
TOML

# send HOST: bring what was built to one front end.
send() {
    (cd "$staging" && find . -type f) | while read -r file; do
        target=$work/$1/etc/rspamd/$file
        cmp -s "$staging/$file" "$target" && continue
        mkdir -p "$(dirname "$target")"
        cp "$staging/$file" "$target.new"
        mv "$target.new" "$target"
        echo "$1: $file"
    done
}

# A source that cannot be read whole ends the script here, and the front ends keep what they have.
forwardresolve build --config "$work/config.toml" --output "$staging"

for front_end in $front_ends; do
    send "$front_end"
done
# Rspamd sees changed maps by itself. When a .conf has changed: ssh "$front_end" systemctl reload rspamd
