"""Set a machine up, and run Pulumi on it. `make help` lists what there is."""
