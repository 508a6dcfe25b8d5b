"""Pure values: names, addresses, specifications. No socket, no clock, no Pulumi."""
