"""AWS: Elastic IP addresses (EC2) and hosted zones (Route 53). API: boto3."""

from .backend import AwsBackend
from .types import AwsSettings

__all__ = ["AwsBackend", "AwsSettings"]
