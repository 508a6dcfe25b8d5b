"""What a Pulumi program declares. The only folder that knows Pulumi; it is thin."""
