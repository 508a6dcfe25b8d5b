"""The state format: what the engine stores of each resource type, read and written. No Pulumi.

What is here is permanent: type tokens, property names, ids, and how a value is written as text.
Properties may be added.
"""
