"""What happens around a deployment: hooks before and after it, hooks when it fails, metrics at the end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve import config
from forwardresolve.deploy.policy import Deploy
from forwardresolve.deploy.state import read_state
from forwardresolve.errors import TargetError, UnsafeChange
from forwardresolve.operate import protection, watching
from forwardresolve.operate.hooks import Circumstances, Hooks
from forwardresolve.operate.metrics import metrics, write_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from forwardresolve.config import Config
    from forwardresolve.deploy.applying import Outcome
    from forwardresolve.deploy.plan import Plan
    from forwardresolve.errors import ForwardResolveError

_LOG: Final = logging.getLogger(__name__)


@attrs.frozen
class Attendant:
    """Runs the hooks of a site around one deployment, and writes the metrics when it has ended.

    Args:
        hooks: The hooks.
        told: What they are told, as far as it is known.
        metrics: Where the metrics go; None for nowhere.
    """

    hooks: Hooks
    told: Circumstances
    metrics: Path | None = None

    @classmethod
    def of(cls, path: Path | None, metrics: Path | None = None) -> Attendant:
        """Attend before the configuration is known: it may be what fails, and the hooks are to hear of it.

        Args:
            path: The configuration file, as in `config.load`.
            metrics: Where the metrics go; None for nowhere.
        """
        default = Deploy()
        told = Circumstances(config=config.configuration_path(path))
        return cls(Hooks(default.hooks, default.hook_timeout), told, metrics)

    def configured(self, chosen: Config) -> Attendant:
        """Attend by a configuration."""
        hooks = Hooks(chosen.deploy.hooks, chosen.deploy.hook_timeout)
        return attrs.evolve(self, hooks=hooks, told=attrs.evolve(self.told, state_dir=chosen.state_dir))

    def planned(self, plan: Plan) -> Attendant:
        """Attend to the deployment of a plan."""
        changed = [each for each in plan.targets if each.changes]
        amounts = [each.change.amounts for each in changed if each.change is not None]
        told = attrs.evolve(
            self.told,
            generation=" ".join(dict.fromkeys(each.wanted.digest for each in plan.targets)),
            targets=tuple(each.name for each in changed),
            added=max((each.added for each in amounts), default=0),
            removed=max((each.removed for each in amounts), default=0),
        )
        return attrs.evolve(self, told=told)

    def before(self) -> None:
        """Run the hooks of ``pre``; without a target that changes there is nothing to ask them about.

        Raises:
            UnsafeChange: One of them fails, so the deployment must not go on.
        """
        if self.told.targets:
            for problem in self.hooks.run("pre", self.told):
                msg = f"{problem}; no target was touched"
                raise UnsafeChange(msg)

    def after(self, outcomes: Sequence[Outcome]) -> None:
        """Run the hooks of ``deploy`` where a target has changed, and those of ``fail`` where one failed."""
        changed = tuple(each.target for each in outcomes if each.changed)
        failed = tuple(each.target for each in outcomes if each.error)
        told = attrs.evolve(
            self.told,
            generation=self.told.generation
            or " ".join(dict.fromkeys(each.digest for each in outcomes if each.changed)),
            targets=changed,
            failed=failed,
            exit_code=TargetError.exit_code if failed else 0,
            error="; ".join(each.error for each in outcomes if each.error),
        )
        counts = "" if told.added is None else f", addresses: +{told.added} -{told.removed}"
        _LOG.info("targets changed: %d of %d%s", len(changed), len(outcomes), counts)
        if changed:
            self._warn(self.hooks.run("deploy", told))
        if failed:
            self._warn(self.hooks.run("fail", told))
        self._measure()

    def failed(self, error: ForwardResolveError) -> None:
        """Run the hooks of ``fail``: no target was touched. That deployments rest is no failure."""
        state_dir = self.told.state_dir
        run = read_state(state_dir).run if state_dir else None
        if isinstance(error, UnsafeChange) and run is not None and run.outcome == "held":
            self._measure()
            return
        told = attrs.evolve(self.told, targets=(), exit_code=error.exit_code, error=str(error))
        self._warn(self.hooks.run("fail", told))
        self._measure()

    def _warn(self, problems: Iterator[str]) -> None:
        for problem in problems:
            _LOG.warning("%s", problem)

    def _measure(self) -> None:
        if self.metrics is not None and self.told.state_dir is not None:
            measure(self.told.state_dir, self.metrics)


def measure(state_dir: Path, path: Path) -> None:
    """Write the metrics of what the runs have left; a failure is a warning, for the list is out."""
    try:
        write_metrics(
            path,
            metrics(read_state(state_dir), protection.load(state_dir).values(), watching.load(state_dir)),
        )
    except TargetError as error:
        _LOG.warning("metrics: %s", error)
