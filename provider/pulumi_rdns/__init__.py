"""Reverse DNS as code: PTR records, ordered after the forward records that they depend on."""

from pulumi_rdns import errors
from pulumi_rdns.resources.addresses import get_addresses
from pulumi_rdns.resources.forward_confirmed_host import ForwardConfirmedHost
from pulumi_rdns.resources.forward_record import ForwardRecord
from pulumi_rdns.resources.hosts import read_hosts
from pulumi_rdns.resources.ptr_record import PtrRecord
from pulumi_rdns.resources.ptr_record_set import PtrRecordSet

__all__ = [
    "ForwardConfirmedHost",
    "ForwardRecord",
    "PtrRecord",
    "PtrRecordSet",
    "errors",
    "get_addresses",
    "read_hosts",
]
