"""What the targets are to hold, kept up with an answer that changes."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING, Final

from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.live_ways import LiveWays
from forwardresolve.deploy.succession import Succession
from forwardresolve.live import Delta
from forwardresolve.pipeline.deploying import Made
from forwardresolve.rspamd import Artifact
from forwardresolve.rspamd.live_maps import LiveMaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forwardresolve.config import Config
    from forwardresolve.deploy.succession import Step
    from forwardresolve.reachability import Resolution
    from forwardresolve.rspamd import RspamdSettings

_LOG: Final = logging.getLogger(__name__)


class Following:
    """What every target is to hold, as the answer is now.

    Args:
        config: The targets, and what they get.
        resolution: The answer of this moment.

    Raises:
        BackendIncomplete: No source names a hosted domain.
    """

    def __init__(self, config: Config, resolution: Resolution) -> None:
        self._config = config
        self._settings = settings_of_today(config)
        self._lists = {
            each: (maps := LiveMaps(resolution, each), _succession(maps, each)) for each in {*self._settings}
        }
        self._ways = LiveWays(resolution)
        self._listed = len(resolution.addresses) + len(resolution.catch_alls)

    def fits(self, config: Config) -> bool:
        """Tell whether it is made by a configuration as it holds today: exemptions end by the day."""
        return config is self._config and settings_of_today(config) == self._settings

    def follow(self, deltas: Sequence[Delta], resolution: Resolution) -> bool:
        """Take over what has changed in the answer.

        Args:
            deltas: What has changed since the last ones, in their order.
            resolution: The answer of this moment.

        Returns:
            Whether that could be done; if not, this is no longer right, and is to be made anew.
        """
        delta = Delta.over(deltas)
        if not delta:
            return True
        if not resolution.graph.rows.domains:
            return False
        earlier = self._ways.follow(resolution, delta)
        for maps, succession in self._lists.values():
            try:
                exchanges = maps.follow(delta)
            except ValueError as error:
                _LOG.error(
                    "watch-difference: what has changed does not fit the maps (%s); they are made anew; "
                    "please report it",
                    error,
                )
                return False
            if exchanges is None:
                return False
            if exchanges:
                succession.follow(maps.contents, exchanges, earlier)
        self._listed += sum(
            len(each.appear) - len(each.vanish) for each in (delta.addresses, delta.catch_alls)
        )
        return True

    def made(self) -> Made:
        """Return what every target is to hold now."""
        return Made(
            wanted=tuple(
                (each, self._lists[settings][1].generation)
                for each, settings in zip(self._config.targets, self._settings, strict=True)
            ),
            ways=self._ways.now,
            listed=self._listed,
            steps=self._step,
        )

    def _step(self, held: str, wanted: str) -> Step | None:
        for _, succession in self._lists.values():
            if succession.generation.digest == wanted:
                return succession.step_from(held)
        return None


def settings_of_today(config: Config) -> tuple[RspamdSettings, ...]:
    """Return the settings of each target as they hold today, in their order."""
    today = dt.datetime.now().astimezone().date()
    return tuple(each.rspamd.on(today) for each in config.targets)


def _succession(maps: LiveMaps, settings: RspamdSettings) -> Succession:
    contents = maps.contents.items()
    generation = Generation(tuple(Artifact(path, content, "map") for path, content in contents))
    return Succession(generation, is_table=settings.profile == "plugin")
