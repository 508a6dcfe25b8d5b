"""Tests of the zone files backend."""
