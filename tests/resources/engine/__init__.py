"""Canaries: each fails when an internal that the product leans on has moved in the SDK.

They run with the SDK of requirements.txt, and with the oldest one that pyproject.toml allows
(tests/requirements-oldest.txt), so they need no more than that is installed there.
"""
