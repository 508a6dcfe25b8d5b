"""Tests of the linode backend."""
