"""The settings of an instance: what is read, and what is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pulumi_rdns.backends.rfc2136 import Rfc2136Backend, Rfc2136Settings
from pulumi_rdns.backends.rfc2136.tsig import tsig_credential
from pulumi_rdns.backends.rfc2136.types import parse_server
from pulumi_rdns.errors import ConfigError
from tests.servers.dynamic import FULL, Key


def settings(**values: str) -> Rfc2136Settings:
    return Rfc2136Settings(server="192.0.2.53", **values)  # type: ignore[arg-type]


def refused(values: Mapping[str, str | list[str]], root: Path = Path()) -> str:
    every = {"server": "192.0.2.53", **values}
    with pytest.raises(ConfigError) as caught:
        Rfc2136Backend("corp", Rfc2136Settings(**every), root)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.53", "192.0.2.53", 53),
        ("192.0.2.53:5353", "192.0.2.53", 5353),
        ("2001:db8::53", "2001:db8::53", 53),
        ("[2001:DB8::53]", "2001:db8::53", 53),
        ("[2001:db8::53]:5353", "2001:db8::53", 5353),
        ("NS1.example.net", "ns1.example.net", 53),
        ("ns1.example.net:5353", "ns1.example.net", 5353),
    ],
)
def test_a_server_is_a_host_and_perhaps_a_port(text: str, host: str, port: int) -> None:
    server = parse_server(text)
    assert (server.host, server.port) == (host, port)


@pytest.mark.parametrize(
    "text", ["", "ns1:port", "ns1:0", "ns1:70000", "http://ns1", "user@ns1", "a..b", "ns1/x", "::g"]
)
def test_what_is_no_server_is_refused(text: str) -> None:
    said = refused({"server": text})
    assert said == (
        f"rdns:backends.corp.server: {text!r} is not a valid server address; write host or "
        "host:port"
    )


def test_an_empty_list_of_servers_is_refused() -> None:
    assert refused({"server": []}) == "rdns:backends.corp.server: the list is empty"


def test_half_a_key_says_how_to_set_the_other_half() -> None:
    assert refused({"key_name": "ptr"}) == (
        "rdns:backends.corp.keySecret: is missing; set it with: pulumi config set --path --secret "
        "'rdns:backends.corp.keySecret' VALUE (or set RFC2136_TSIG_SECRET)"
    )
    assert refused({"key_secret": FULL.secret}) == (
        "rdns:backends.corp.keyName: is missing; set it with: pulumi config set --path "
        "'rdns:backends.corp.keyName' VALUE (or set RFC2136_TSIG_KEY)"
    )


@pytest.mark.parametrize("algorithm", ["hmac-md5", "HMAC-MD5.SIG-ALG.REG.INT."])
def test_md5_is_refused_with_the_way_out(algorithm: str) -> None:
    values = {"key_name": "ptr", "key_secret": FULL.secret, "key_algorithm": algorithm}
    assert refused(values) == (
        "rdns:backends.corp.keyAlgorithm: hmac-md5 is broken (RFC 8945 section 6); make a new key "
        "with: tsig-keygen -a hmac-sha256 NAME"
    )


def test_an_algorithm_that_nobody_knows_is_refused() -> None:
    values = {"key_name": "ptr", "key_secret": FULL.secret, "key_algorithm": "sha256"}
    assert refused(values) == (
        "rdns:backends.corp.keyAlgorithm: 'sha256' is not supported; supported are "
        "hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512"
    )


@pytest.mark.parametrize("secret", ["not base64 text!", "QUJ", ""])
def test_a_secret_that_is_no_base64_is_refused_and_not_shown(secret: str) -> None:
    said = refused({"key_name": "ptr", "key_secret": secret})
    assert said == ("rdns:backends.corp.keySecret: is not base64 text, as tsig-keygen writes it")


def test_the_algorithm_may_end_in_a_dot_and_the_default_is_sha256() -> None:
    for values in ({}, {"key_algorithm": "hmac-sha256."}, {"key_algorithm": "HMAC-SHA256"}):
        made = tsig_credential(
            "corp", settings(key_name="ptr", key_secret=FULL.secret, **values), Path()
        )
        assert made is not None
        assert made.text == "key ptr (hmac-sha256, from rdns:backends.corp.keySecret)"


def test_a_key_file_of_bind_is_read(tmp_path: Path) -> None:
    key = Key("ptr.example.com", FULL.secret, "hmac-sha512")
    (tmp_path / "ptr.key").write_text(f'# made by hand\n{key.clause()}/* key "x" {{}} */\n')
    made = tsig_credential("corp", settings(key_file="ptr.key"), tmp_path)
    assert made is not None
    assert made.text == f"key ptr.example.com (hmac-sha512, from {tmp_path}/ptr.key)"
    assert FULL.secret not in repr(made)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", 'must contain one clause key "NAME" { … };'),
        (FULL.clause() * 2, 'must contain one clause key "NAME" { … };'),
        ('key "x" { algorithm hmac-sha256; };', "the key has no secret"),
    ],
)
def test_a_key_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "ptr.key").write_text(text)
    assert refused({"key_file": "ptr.key"}, tmp_path) == (
        f"rdns:backends.corp.keyFile: {tmp_path}/ptr.key: {reason}"
    )


def test_a_key_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    assert refused({"key_file": "ptr.key"}, tmp_path) == (
        f"rdns:backends.corp.keyFile: {tmp_path}/ptr.key: No such file or directory"
    )


def test_a_key_and_a_key_file_are_one_too_many() -> None:
    assert refused({"key_file": "ptr.key", "key_name": "ptr"}) == (
        "rdns:backends.corp: keyFile stands for keyName and keySecret; give only one"
    )


def test_a_secret_from_the_environment_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = tsig_credential("corp", settings(key_name="ptr", key_secret=FULL.secret), Path())
    assert made is not None
    assert made.origin == "rdns:backends.corp.keySecret"
    monkeypatch.setenv("RFC2136_TSIG_SECRET", FULL.secret)
    made = tsig_credential("corp", settings(key_name="ptr", key_secret=FULL.secret), Path())
    assert made is not None
    assert made.origin == "the environment variable RFC2136_TSIG_SECRET"


def test_no_secret_is_in_the_repr_of_the_settings() -> None:
    made = settings(key_name="ptr", key_secret=FULL.secret)
    assert FULL.secret not in repr(made)
    assert "ptr" in repr(made)


def test_another_key_may_be_another_view_and_so_another_place() -> None:
    def identity(key: str, *servers: str) -> str:
        made = Rfc2136Settings(server=list(servers), key_name=key, key_secret=FULL.secret)
        return Rfc2136Backend("corp", made, Path()).identity

    assert identity("ptr", "192.0.2.53", "192.0.2.54") == identity(
        "ptr", "192.0.2.54", "192.0.2.53"
    )
    assert identity("ptr", "192.0.2.53") != identity("other", "192.0.2.53")
    assert identity("ptr", "192.0.2.53") != identity("ptr", "192.0.2.54")
