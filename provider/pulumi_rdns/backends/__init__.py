"""Where records are written: one module per vendor or protocol. Nothing here knows Pulumi."""
