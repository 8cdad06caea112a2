#!/bin/sh
# Make the environment and run everything that must hold.
#
#   sh tests/run.sh                 all steps
#   sh tests/run.sh lint types      some of them
#
# Steps: env python313 servers lint types floors docs wheel backends unit live
#
# FORWARDRESOLVE_VENV   where the virtual environment lies (default: .venv-test)
# FORWARDRESOLVE_LIVE   require: a missing server is a failure (default: its tests are skipped)
# PYTHON                the interpreter to begin with (default: the first one that is new enough)
set -eu
cd "$(dirname "$0")/.."

venv=${FORWARDRESOLVE_VENV:-.venv-test}
live=${FORWARDRESOLVE_LIVE:-}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
export DEBIAN_FRONTEND=noninteractive

skip() {
    echo "skipped: $*"
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "no Python of at least 3.11 with venv; on Debian: apt-get install python3-venv" >&2
    return 1
}

# make_venv DIR PYTHON GROUP...: an environment with the project and groups of its dependencies.
make_venv() {
    directory=$1 python=$2
    shift 2
    wanted=$(cksum pyproject.toml)
    if [ "$(cat "$directory/installed" 2>/dev/null)" = "$wanted" ]; then
        echo "$directory is up to date"
        return
    fi
    "$python" -m venv --clear "$directory"
    "$directory/bin/python" -m pip install -qq --upgrade 'pip>=25.1' # the first that knows --group
    for group in "$@"; do
        set -- "$@" --group "$group"
        shift
    done
    "$directory/bin/python" -m pip install -qq --editable '.[all]' "$@"
    echo "$wanted" >"$directory/installed"
}

step_env() {
    make_venv "$venv" "$(find_python)" test lint docs
}

# The real servers that the live tests start for themselves, on loopback and in directories of their own.
step_servers() {
    packages="postgresql mariadb-server postfix postfix-sqlite postfix-lmdb postfix-pcre postfix-ldap postfix-mysql postfix-pgsql slapd ldap-utils openssl"
    packages="$packages rspamd redis-server debootstrap systemd man-db openssh-server openssh-client iproute2 libfaketime php-cli"
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        skip "installing $packages: this is no Debian or Ubuntu; tests of servers that are missing are skipped"
        return
    fi
    missing=
    for package in $packages; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
        [ "$state" = installed ] || missing="$missing $package"
    done
    if [ -z "$missing" ]; then
        echo "installed: $packages"
        return
    fi
    if [ "$(id -u)" -ne 0 ]; then
        skip "installing$missing: needs root; tests of servers that are missing are skipped"
        return
    fi
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then # no package may start a service on this machine
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    # shellcheck disable=SC2086 # a list of words
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >"$venv/apt.txt" 2>&1; then
        echo "installed:$missing"
    else
        tail -n 20 "$venv/apt.txt"
        [ "$live" != require ]
        skip "installing$missing: apt-get failed; tests of servers that are missing are skipped"
    fi
}

step_lint() {
    "$venv/bin/ruff" check .
    "$venv/bin/ruff" format --check .
}

step_types() {
    "$venv/bin/mypy"
}

step_floors() {
    "$venv/bin/lint-imports"
}

step_docs() {
    "$venv/bin/sphinx-build" --nitpicky --fail-on-warning --keep-going --quiet docs docs/_build/html
}

# What somebody gets who installs the wheel, with nothing that only tests need.
step_wheel() {
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    "$venv/bin/python" -m pip wheel -qq --no-deps --wheel-dir "$scratch" .
    "$(find_python)" -m venv "$scratch/venv"
    "$scratch/venv/bin/python" -m pip install -qq "$scratch"/forwardresolve-*.whl
    (
        cd "$scratch"
        venv/bin/python -c 'import forwardresolve, forwardresolve.sdk, forwardresolve_backends'
        venv/bin/forwardresolve --version
        test -f venv/share/man/man1/forwardresolve.1
        venv/bin/forwardresolve init --systemd etc >/dev/null
        venv/bin/forwardresolve --help >/dev/null
        venv/bin/forwardresolve backends
    )
    sh examples/quickstart.sh >"$scratch/quickstart.txt"
    grep -q 'info@example.net' "$scratch/quickstart.txt"
    echo "the wheel installs and runs; so does examples/quickstart.sh"
}

# What the author of a backend does: install, write a project, test it; and the example, as a package of its own.
step_backends() {
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    "$(find_python)" -m venv "$scratch/venv"
    "$scratch/venv/bin/python" -m pip install -qq . pytest
    "$scratch/venv/bin/forwardresolve" backends new demo --directory "$scratch"
    cp -R examples/forwardresolve-httppanel "$scratch"
    for name in demo httppanel; do
        "$scratch/venv/bin/python" -m pip install -qq "$scratch/forwardresolve-$name"
        (cd "$scratch/forwardresolve-$name" && "$scratch/venv/bin/python" -m pytest -q)
        "$scratch/venv/bin/forwardresolve" backends | grep "^$name .* available"
    done
}

step_python313() {
    python=
    for candidate in python3.13 "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.13*/bin/python; do
        if "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
            python=$candidate
        fi
    done
    if [ -z "$python" ]; then
        skip "the unit tests on Python 3.13: there is no python3.13 on this machine"
        return
    fi
    make_venv "$venv-3.13" "$python" test
    "$venv-3.13/bin/python" -m pytest -q -m 'not live and not slow' -p no:cacheprovider
}

# What needs no server, with the coverage of every branch; tracing takes most of its time.
step_unit() {
    "$venv/bin/coverage" erase
    "$venv/bin/coverage" run -m pytest -q -m 'not live and not slow'
    "$venv/bin/coverage" report
}

step_live() {
    "$venv/bin/python" -m pytest -m 'live or slow' -p no:cacheprovider
}

case ${1:-} in
=*)
    "step_${1#=}" </dev/null
    exit
    ;;
esac

all="env python313 servers lint types floors docs wheel backends unit live"
steps=${*:-$all}
for step in $steps; do
    case " $all " in
    *" $step "*) ;;
    *)
        echo "there is no step $step; there are: $all" >&2
        exit 2
        ;;
    esac
done
case " $steps " in
*" env "*) ;;
*) steps="env $steps" ;;
esac

passed=
failed=
beside=

# finish STEP STATUS BEGUN: keep and tell how a step ended.
finish() {
    took=$(($(date +%s) - $3))
    if [ "$2" -eq 0 ]; then
        passed="$passed $1"
        echo "== $1: ok, $took s"
    else
        failed="$failed $1"
        echo "== $1: FAILED, $took s"
    fi
}

# Tests without servers use one processor: they run beside the steps that follow.
for step in $steps; do
    begun=$(date +%s)
    case "$step,${steps##*"$step"}" in
    python313,?* | unit,?*)
        sh tests/run.sh "=$step" >"$venv/$step.txt" 2>&1 &
        beside="$beside $step:$!:$begun"
        continue
        ;;
    esac
    echo "== $step"
    status=0
    sh tests/run.sh "=$step" || status=$?
    finish "$step" "$status" "$begun"
    if [ "$step" = env ] && [ "$status" -ne 0 ]; then
        break
    fi
done
for each in $beside; do
    step=${each%%:*} begun=${each##*:} process=${each#*:}
    echo "== $step, beside the others"
    status=0
    wait "${process%:*}" || status=$?
    cat "$venv/$step.txt"
    finish "$step" "$status" "$begun"
done
echo
echo "steps that passed:${passed:- none}"
echo "steps that failed:${failed:- none}"
[ -z "$failed" ]
