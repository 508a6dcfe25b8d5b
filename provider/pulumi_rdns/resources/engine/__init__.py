"""The door to the Pulumi SDK and its engine: everything that leans on what they do not promise.

A module for each idea. It says in which versions of the SDK the internal was seen, what upstream
offers instead, and what happens when the internal moves, which is never silent: `moved.warn`.
tests/resources/engine has a canary for each, run with the SDK of requirements.txt and with the
oldest one that pyproject.toml allows.
"""
