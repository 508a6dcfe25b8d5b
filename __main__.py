"""Declares the hosts that stacks/Pulumi.<stack>.yaml lists: forward and reverse, confirmed."""

import pulumi

import pulumi_rdns as rdns

stack_file = f"stacks/Pulumi.{pulumi.get_stack()}.yaml"
hosts = {
    host.hostname: rdns.ForwardConfirmedHost(host.hostname, **host.options())
    for host in rdns.read_hosts(pulumi.Config().get("hosts"), stack_file)
}
pulumi.export("reverseNames", {name: host.reverse_names for name, host in hosts.items()})
pulumi.export("forwardConfirmed", {name: host.forward_confirmed for name, host in hosts.items()})
