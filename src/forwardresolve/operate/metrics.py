"""What a monitoring system wants to know, in Prometheus' text format, for node_exporter's textfile collector.

Everything comes from what the runs have left in ``state_dir``, so any command can write the whole file.
Ages are told as the moments since which they count: the collector may read the file much later.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from forwardresolve import __version__
from forwardresolve.errors import TargetError
from forwardresolve.operate.watching import NEVER
from forwardresolve.rspamd.writing import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from forwardresolve.deploy.state import State
    from forwardresolve.operate.protection import Verified
    from forwardresolve.operate.watching import Watched

Sample = tuple[dict[str, str], float]
"""The labels of a value, and the value."""

_MODE: Final = 0o644
"""Readable for node_exporter, which runs as a user of its own."""


def metrics(state: State, verified: Iterable[Verified], watched: Watched = NEVER) -> str:
    """Write down everything that is known.

    Args:
        state: What the runs have left.
        verified: What the last verification found.
        watched: What the comparisons of the resident process have found.

    Returns:
        The text of the file. A value that is not known is left out.
    """
    return "".join(
        f"# HELP forwardresolve_{name} {told}\n# TYPE forwardresolve_{name} gauge\n"
        + "".join(f"forwardresolve_{name}{_labels(labels)} {value:.17g}\n" for labels, value in samples)
        for name, told, samples in _families(state, tuple(verified), watched)
        if samples
    )


def write_metrics(path: Path, text: str) -> None:
    """Put the file in its place by a rename.

    Raises:
        TargetError: The file system refuses; the file that was there stays.
    """
    try:
        replace(path, text.encode(), _MODE)
    except OSError as error:
        msg = f"{error.filename or path}: cannot be written: {error.strerror}"
        raise TargetError(msg) from error


def _families(
    state: State, verified: tuple[Verified, ...], watched: Watched
) -> Iterator[tuple[str, str, list[Sample]]]:
    yield "info", "The version.", [({"version": __version__}, 1)]
    yield from _run(state)
    held: list[Sample] = [({}, float(state.hold is not None))]
    yield "held", "Whether deployments rest since a rollback.", held
    yield from _sources(state)
    yield from _targets(state)
    told = "Whether the Rspamd of a front end refused spam to what is listed, when it was asked last."
    yield "protected", told, [({"target": each.name}, float(bool(each.protects))) for each in verified]
    told = "When the Rspamd of a front end was asked last."
    yield "verified_timestamp_seconds", told, [({"target": each.name}, each.when) for each in verified]
    if watched.compared:
        told = "When the resident process compared its answer with a new one."
        yield "watch_compared_timestamp_seconds", told, _moments([({}, watched.compared)])
        told = "How many comparisons have found a difference; there must be none."
        yield "watch_differences", told, [({}, watched.differences)]


def _run(state: State) -> Iterator[tuple[str, str, list[Sample]]]:
    run = state.run
    if run is None:
        return
    yield "run_timestamp_seconds", "When the last run ended.", _moments([({}, run.at)])
    yield "run_duration_seconds", "How long the last run took.", [({}, run.seconds)]
    yield "run_outcome", "How the last run ended.", [({"outcome": run.outcome}, 1)]
    yield "success_timestamp_seconds", "When a run succeeded last.", _moments([({}, run.success)])


def _sources(state: State) -> Iterator[tuple[str, str, list[Sample]]]:
    sources = state.sources.items()
    told = "Hosted domains that a source gave in its last good run."
    yield "source_domains", told, [({"source": name}, each.domains) for name, each in sources]
    told = "Forwardings that a source gave in its last good run."
    yield "source_forwardings", told, [({"source": name}, each.forwardings) for name, each in sources]
    told = "Whether an earlier read stands in for a source that is down."
    yield "source_last_good", told, [({"source": name}, bool(each.last_good_from)) for name, each in sources]
    told = "When what a source says was read."
    moments = [({"source": name}, each.last_good_from or each.at) for name, each in sources]
    yield "source_read_timestamp_seconds", told, _moments(moments)


def _targets(state: State) -> Iterator[tuple[str, str, list[Sample]]]:
    targets = state.targets.items()
    told = "The generation that a target holds."
    generations: list[Sample] = [
        ({"target": name, "generation": each.held[:12]}, 1) for name, each in targets if each.held
    ]
    yield "target_generation_info", told, generations
    told = "Whether a target holds what it is to hold."
    current = [({"target": name}, float(each.held == each.wanted)) for name, each in targets]
    yield "target_current", told, current
    told = "When a target came to hold its generation."
    yield "target_timestamp_seconds", told, _moments([({"target": name}, each.at) for name, each in targets])
    told = "When a target answered last."
    moments = [({"target": name}, each.asked) for name, each in targets]
    yield "target_answered_timestamp_seconds", told, _moments(moments)


def _moments(given: Iterable[tuple[dict[str, str], str]]) -> list[Sample]:
    """Turn the times of the state into seconds since 1970; what is no time is left out."""
    found = []
    for labels, text in given:
        try:
            found.append((labels, dt.datetime.fromisoformat(text).timestamp()))
        except ValueError:
            continue
    return found


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
