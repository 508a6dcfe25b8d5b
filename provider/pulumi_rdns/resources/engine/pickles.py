"""The providers, as the state names them: permanent.

Seen in SDK 3.220 to 3.272: a dynamic resource carries its provider as a pickle in the input
`__provider`, and the host makes the provider of it. These are what `pulumi.dynamic` writes, with
Python up to 3.13, for an instance without attributes of a class that is imported by name. As they
stand in every state, they are constants; the host can read them in any SDK that unpickles.
"""

from __future__ import annotations

#: resource type -> its provider
PROVIDERS = {
    "PtrRecord": (
        "gASVPQAAAAAAAACMIHB1bHVtaV9yZG5zLnJlc291cmNlcy5wdHJfcmVjb3JklIwRUHRyUmVj"
        "b3JkUHJvdmlkZXKUk5QpgZQu"
    ),
    "ForwardRecord": (
        "gASVRQAAAAAAAACMJHB1bHVtaV9yZG5zLnJlc291cmNlcy5mb3J3YXJkX3JlY29yZJSMFUZv"
        "cndhcmRSZWNvcmRQcm92aWRlcpSTlCmBlC4="
    ),
    "PtrRecordSet": (
        "gASVRAAAAAAAAACMJHB1bHVtaV9yZG5zLnJlc291cmNlcy5wdHJfcmVjb3JkX3NldJSMFFB0"
        "clJlY29yZFNldFByb3ZpZGVylJOUKYGULg=="
    ),
}
