"""What backends have in common: requests, retries, credentials, comparing, zones."""
