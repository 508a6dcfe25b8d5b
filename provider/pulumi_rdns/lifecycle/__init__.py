"""What the engine asks for, for each resource type: check, diff, preview, create, read, update and
delete, as plain functions of (session, call, properties). No Pulumi: every front end calls these.
"""
