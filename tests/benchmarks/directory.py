"""Print what reading a directory costs: ``PYTHONPATH=tests python -m benchmarks.directory``.

A private slapd has users of whom a third forward. Reading them is measured against the least that
reading them could cost with the same library: a paged read of the same attributes that looks at
nothing. Both take turns in one process; a figure is the median of pairs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import ldap3

from backends.ldap_directory import SETTINGS, backend_of, entry
from forwardresolve_backends.ldap import Rule
from servers.certificates import make_certificates
from servers.slapd import READER, READER_PASSWORD, SUFFIX, slapd_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers.slapd import Slapd

FORWARDING: Final = 0.35
FILTER: Final = "(objectClass=mailPerson)"
RULES: Final = (
    Rule(yields="mailbox", filter=FILTER, keys=("addr",)),
    Rule(filter=FILTER, keys=("addr",), values=("goesTo",)),
)


def users(count: int) -> Iterator[str]:
    """Write users as entries."""
    forwarding = int(count * FORWARDING)
    for number in range(count):
        goes: dict[str, Any] = {"goesTo": f"user{number}@outside.example"} if number < forwarding else {}
        yield entry(f"u{number}", kind="mailPerson", addr=f"user{number}@a.example", **goes)


def bare(slapd: Slapd) -> int:
    """Read the same attributes with ldap3 and look at nothing; count the entries."""
    server = ldap3.Server(slapd.ipc, get_info=ldap3.NONE)
    connection = ldap3.Connection(server, READER, READER_PASSWORD, auto_bind=True)
    found = connection.extend.standard.paged_search(
        SUFFIX, FILTER, attributes=["addr", "goesTo"], paged_size=500, generator=True
    )
    count = sum(1 for _ in found)
    connection.unbind()
    return count


def whole(slapd: Slapd) -> int:
    """Read the directory with the backend; count the records."""
    return sum(1 for _ in backend_of(slapd, *RULES, receive_timeout=60).records())


def seconds(work: Callable[[], int]) -> tuple[int, float, float]:
    """Return what a work gives, its CPU seconds and its seconds on the clock."""
    cpu, clock = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - cpu, time.perf_counter() - clock


def measure(slapd: Slapd, count: int, pairs: int) -> dict[str, float]:
    """Let both reads take turns, and return the medians."""
    ours, theirs = [], []
    for _ in range(pairs):
        entries, *spent = seconds(lambda: bare(slapd))
        assert entries == count
        theirs.append(spent)
        records, *spent = seconds(lambda: whole(slapd))
        assert records == count + int(count * FORWARDING)
        ours.append(spent)
    return {
        "cpu": median(our[0] / their[0] for our, their in zip(ours, theirs, strict=True)),
        "clock": median(our[1] / their[1] for our, their in zip(ours, theirs, strict=True)),
        "bare": median(each[1] for each in theirs),
        "whole": median(each[1] for each in ours),
    }


def poll(slapd: Slapd, times: int) -> float:
    """Return the milliseconds that one question for changes takes, login included."""
    backend = backend_of(slapd, *RULES)
    begin = time.perf_counter()
    for _ in range(times):
        backend.version()
    return (time.perf_counter() - begin) / times * 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        certificates = make_certificates(Path(directory))
        with slapd_with(certificates, "".join(users(arguments.users)), SETTINGS) as slapd:
            found = measure(slapd, arguments.users, arguments.pairs)
            polled = poll(slapd, 100)
    lines = (
        f"{arguments.users:,} users, {int(arguments.users * FORWARDING):,} forward",
        f"over a bare read: {found['cpu']:.2f} x CPU, {found['clock']:.2f} x on the clock",
        f"seconds on the clock: bare {found['bare']:.1f}, whole {found['whole']:.1f}",
        f"a question for changes: {polled:.1f} ms",
    )
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    main()
