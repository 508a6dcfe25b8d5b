"""Tests of the ovh backend."""
