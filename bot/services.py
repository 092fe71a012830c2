"""The services that intents work with: core, history, clock and the owner's settings. Builds none of them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from bot.glossary import Terms
from bot.history import HistoryThread
from bot.history.consent import DAYS
from bot.recent_answers import Exchanges
from bot.understanding.followups import FollowUps
from nlp.core import Core
from nlp.scheduler.courtesy import Courtesy


@dataclass(frozen=True, slots=True)
class Services:
    """Holds what an intent works with; built once, in the composition root.

    `now` returns the time, aware and in UTC; `days` is how long a channel is kept that says nothing itself; `admins`
    are ids of people who administer every channel besides those whom the platform says; `terms` are the owner's
    glossary; `exchanges` are the answers that somebody may judge, and `followups` the questions that the next one may
    go on from; `unfinished` is set where a translation that stands in a channel is to be written anew, `bridges` where
    a bridge has something to tell or to take back; `random` returns a generator that nobody can foresee, with which
    figures about people are blurred.
    """

    core: Core
    history: HistoryThread
    now: Callable[[], datetime]
    zone: ZoneInfo
    days: int = DAYS
    admins: tuple[str, ...] = ()
    terms: tuple[Terms, ...] = ()
    exchanges: Exchanges = field(default_factory=Exchanges)
    followups: FollowUps = field(default_factory=FollowUps)
    unfinished: asyncio.Event = field(default_factory=asyncio.Event)
    bridges: asyncio.Event = field(default_factory=asyncio.Event)

    def behind(self, courtesy: Courtesy) -> "Services":
        """Return the services for one request that stands back for others when its courtesy is due."""
        return replace(self, core=self.core.behind(courtesy), history=self.history.behind(courtesy))

    random: Callable[[], np.random.Generator] = np.random.default_rng
