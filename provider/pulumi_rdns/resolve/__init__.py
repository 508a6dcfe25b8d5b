"""What the DNS really answers: each authoritative server is asked itself, never a cache.

`DnsSource` asks; `outcomes` and `verdicts` are pure and say what the answers mean.
"""
