"""Tests of the cloudflare backend."""
