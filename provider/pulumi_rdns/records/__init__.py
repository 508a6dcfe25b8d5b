"""What happens to a record: create, read, update and delete. Nothing here knows Pulumi."""
