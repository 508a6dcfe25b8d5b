"""No live record is ever lost: what holds for every backend, seen through the real CLI.

A subclass of `NothingIsLost` per backend, with the fixtures ``world`` and ``other`` (a second
instance), runs it all; one of `InAWorld` runs the tests that it names.
After each step the live records are read by the world's own reader.
"""

from __future__ import annotations

from .forward_direction import ForwardDirection
from .moved_resources import MovedResources
from .strangers_records import StrangersRecords
from .what_pulumi_offers import WhatPulumiOffers


class NothingIsLost(MovedResources, StrangersRecords, ForwardDirection, WhatPulumiOffers):
    """The hazards of the engine, conflicts and outages, on any backend."""
