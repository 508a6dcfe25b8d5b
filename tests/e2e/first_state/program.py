import pulumi_rdns as rdns

rdns.PtrRecord("plain", address="192.0.2.10", hostname="plain.example.com", forward_check="skip")
rdns.PtrRecord(
    "taken-over",
    address="192.0.2.11",
    hostname="new.example.com",
    ttl=300,
    on_conflict="overwrite",
    on_delete="restore",
    forward_check="warn",
    forward_timeout=1,
    ptr_timeout=0,
)
rdns.PtrRecord(
    "adopted", address="192.0.2.12", hostname="www.example.com", zone="2.0.192.in-addr.arpa"
)
rdns.PtrRecord("classless", address="192.0.2.130", hostname="classless.example.com")
rdns.PtrRecord(
    "account",
    address="203.0.113.5",
    hostname="account.example.com",
    backend="account",
    forward_check="skip",
)
rdns.ForwardRecord(
    "alone", hostname="alone.example.com", address="192.0.2.99", ttl=600, zone="example.com"
)
rdns.ForwardConfirmedHost(
    "mail",
    hostname="Mail.Example.COM.",
    addresses=["192.0.2.25", "2001:DB8::25"],
    ttl=900,
)
rdns.PtrRecordSet(
    "network",
    records={"198.51.100.5": "Gateway.example.com."},
    network="198.51.100.0/28",
    fill="{a}-{b}-{c}-{d}.dyn.example.com",
    exclude=["198.51.100.0", "198.51.100.12/30"],
    ttl=7200,
)
rdns.PtrRecordSet(
    "few",
    records={"192.0.2.40": "few.example.com", "192.0.2.131": "b.example.com"},
    forward_check="warn",
    on_conflict="overwrite",
    forward_timeout=1,
)
