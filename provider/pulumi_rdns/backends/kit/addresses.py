"""An address backend whose API can read a PTR, write it and nothing more."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Generic

import dns.name
import msgspec

from pulumi_rdns.backends.base import AddressBackend, OwnedAddress, Ptr, Settings
from pulumi_rdns.errors import RejectedError
from pulumi_rdns.model.addresses import Address

from .operation import Clock, Operation
from .ptrs import LookAgain, write_ptr

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    S = TypeVar("S", bound="HostSettings", default="HostSettings", covariant=True)
else:
    from typing import TypeVar

    S = TypeVar("S")


class HostSettings(Settings):
    """What every vendor's settings have: the seconds that one operation may take, all together."""

    timeout: Annotated[float, msgspec.Meta(gt=0, le=86400)] = 300.0


class HostBackend(AddressBackend[S], Generic[S]):
    """Sets PTRs as `write_ptr` does, over what a subclass asks of the API."""

    def __init__(self, name: str, settings: S, root: Path, clock: Clock | None = None) -> None:
        super().__init__(name, settings, root)
        self._clock = clock or Clock()

    def get_ptr(self, address: Address) -> Ptr | None:
        """Read the PTR."""
        return self._read(self._operation("read the PTR of", str(address)), address)

    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None:
        """Set the PTR; a warning where the API does not show it in time."""
        self._set(self._operation("set the PTR of", str(address)), address, hostname)

    def unset_ptr(self, address: Address) -> None:
        """Take the PTR back to the default; nothing to do where there is none, or the default."""
        self._set(self._operation("delete the PTR of", str(address)), address, None)

    def addresses(self) -> Sequence[OwnedAddress]:
        """List all addresses of the account, sorted."""
        found = self._list(self._operation("list", "all addresses"))
        return sorted(found, key=lambda owned: (owned.address.version, int(owned.address)))

    @abstractmethod
    def _read(self, operation: Operation, address: Address) -> Ptr | None:
        """Read the PTR. Raises AddressNotFoundError."""

    @abstractmethod
    def _write(
        self,
        operation: Operation,
        address: Address,
        hostname: dns.name.Name | None,
        look_again: LookAgain,
    ) -> None:
        """Send the request that sets the PTR, or takes it back for None.

        ``look_again`` is for `Http.send`. Raises AddressNotFoundError.
        """

    @abstractmethod
    def _list(self, operation: Operation) -> Iterable[OwnedAddress]:
        """List all addresses of the account."""

    def _is_unresolved(self, error: RejectedError) -> bool:
        """Whether a refusal says that the vendor finds no forward record of the hostname."""
        return False

    def _operation(self, name: str, subject: str) -> Operation:
        return Operation(self.name, name, subject, self._clock, self.settings.timeout)

    def _set(self, operation: Operation, address: Address, hostname: dns.name.Name | None) -> None:
        write_ptr(
            operation,
            hostname,
            lambda: self._read(operation, address),
            lambda look_again: self._write(operation, address, hostname, look_again),
            is_unresolved=self._is_unresolved,
        )
