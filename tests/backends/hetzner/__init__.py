"""Tests of the hetzner backend."""
