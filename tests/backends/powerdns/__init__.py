"""The PowerDNS API against a real server."""
