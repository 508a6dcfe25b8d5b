"""Dynamic update against real servers."""
