"""Nothing is lost at the `memory` backend: what its own way to look and to write decides.

All of it runs on another address backend (Hostinger) and on zones (files, BIND).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .in_a_world import InAWorld
from .nothing_is_lost import NothingIsLost
from .worlds import MemoryWorld


class TestMemory(InAWorld):
    @pytest.fixture
    def world(self, tmp_path: Path) -> MemoryWorld:
        return MemoryWorld("main", tmp_path / "project")

    @pytest.fixture
    def other(self, tmp_path: Path) -> MemoryWorld:
        return MemoryWorld("second", tmp_path / "project")

    test_renamed = NothingIsLost.test_a_resource_renamed_without_an_alias_keeps_its_record
    test_later = NothingIsLost.test_a_renamed_record_survives_a_delete_that_comes_one_up_later
    test_moved = NothingIsLost.test_a_record_that_moves_into_a_forward_confirmed_host_stays_live
    test_swapped = NothingIsLost.test_two_resources_swap_addresses
    test_stopped = NothingIsLost.test_a_strangers_ptr_stops_only_that_resource
    test_restored = NothingIsLost.test_restore_puts_back_what_was_there
    test_survives = (
        NothingIsLost.test_a_ptr_that_somebody_else_changed_survives_destroy_after_a_refresh
    )
    test_shared = NothingIsLost.test_forward_records_of_one_hostname_share_its_rrset
    test_instance = NothingIsLost.test_another_backend_instance_moves_the_record
    test_offline = (
        NothingIsLost.test_while_the_backend_is_offline_commands_fail_and_the_state_drops_nothing
    )
