"""Tests of the Hostinger backend, against the simulator."""
