"""Tests of the octodns backend."""
