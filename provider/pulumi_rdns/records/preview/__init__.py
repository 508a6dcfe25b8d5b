"""What an update will meet, told before it does: read-only looks at what is new and changed."""
