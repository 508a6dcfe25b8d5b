"""The simulator is what boto3 takes for AWS, and it can be run as a program.

Each request and each answer is held against botocore's own model of EC2 in `tests.fakes.aws.wire`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tests.fakes.aws import wire
from tests.fakes.aws.account import Account

from .conftest import MakeWorld
from .world import TEN, World, record

ID = "eipalloc-0a"


def client_of(world: World, service: str, **login: str) -> Any:
    given = {
        "aws_access_key_id": world.scenario.access_key_id,
        "aws_secret_access_key": world.scenario.secret_access_key,
        **login,
    }
    return boto3.client(
        service,
        endpoint_url=world.simulator.url,
        region_name="eu-west-1",
        config=Config(retries={"total_max_attempts": 1}),
        **given,
    )


def refusal(call: Any, **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer: Any = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_a_ptr_from_pending_to_done_and_back(make_world: MakeWorld) -> None:
    with make_world(update_takes=10.0) as world:
        ec2 = client_of(world, "ec2")
        (first, _) = ec2.describe_addresses()["Addresses"]
        assert (first["PublicIp"], first["AllocationId"]) == (str(TEN), ID)
        query = {"Attribute": "domain-name", "AllocationIds": [ID]}
        assert ec2.describe_addresses_attribute(**query)["Addresses"] == []
        begun = ec2.modify_address_attribute(AllocationId=ID, DomainName="mail.example.com")
        assert begun["Address"] == {
            "PublicIp": str(TEN),
            "AllocationId": ID,
            "PtrRecordUpdate": {"Value": "mail.example.com.", "Status": "PENDING"},
        }
        world.time.sleep(10)
        (done,) = ec2.describe_addresses_attribute(**query)["Addresses"]
        assert done == {
            "PublicIp": str(TEN),
            "AllocationId": ID,
            "PtrRecord": "mail.example.com.",
        }
        reset = ec2.reset_address_attribute(AllocationId=ID, Attribute="domain-name")["Address"]
        assert reset["PtrRecord"] == "mail.example.com."
        assert reset["PtrRecordUpdate"]["Status"] == "PENDING"
        world.time.sleep(10)
        assert ec2.describe_addresses_attribute(**query)["Addresses"] == []


def test_answers_are_such_as_botocore_s_stubber_takes(account: World) -> None:
    stubbed = boto3.client("ec2", region_name="eu-west-1")
    account.account.set_ptr(str(TEN), "mail.example.com")
    account.account.ask(str(TEN), "www.example.com", 60)
    simulated: Account = account.account
    everything: dict[str, Any] = {}
    with Stubber(stubbed) as stubber:
        for call, query in (
            ("describe_addresses", everything),
            ("describe_addresses_attribute", {"Attribute": "domain-name", "AllocationIds": [ID]}),
            ("modify_address_attribute", {"AllocationId": ID, "DomainName": "a.example.com"}),
            ("reset_address_attribute", {"AllocationId": ID, "Attribute": "domain-name"}),
        ):
            answer = getattr(simulated, call)(query)
            stubber.add_response(call, answer, query)
            assert getattr(stubbed, call)(**query) == answer


def test_what_the_model_does_not_know_is_no_answer_and_no_request() -> None:
    with pytest.raises(AssertionError, match="Unknown parameter in input"):
        wire.render("DescribeAddresses", {"Adresses": []}, "1")
    with pytest.raises(AssertionError, match="has no DomainNames"):
        wire.parse("Action=ModifyAddressAttribute&Version=2016-11-15&DomainNames=a")
    with pytest.raises(AssertionError, match="Missing required parameter"):
        wire.parse("Action=ModifyAddressAttribute&Version=2016-11-15&DomainName=a")


@pytest.mark.parametrize("service", ["ec2", "route53"])
def test_only_the_account_s_own_signature_is_accepted(account: World, service: str) -> None:
    call = "describe_addresses" if service == "ec2" else "list_hosted_zones"
    getattr(client_of(account, service), call)()
    expected = {"ec2": ["AuthFailure"] * 3}.get(
        service, ["InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidClientTokenId"]
    )
    logins = [
        {"aws_access_key_id": "AKIAWRONG"},
        {"aws_secret_access_key": "wrong"},
        {"aws_access_key_id": "AKIAWRONG", "aws_session_token": "wrong"},
    ]
    for login, code in zip(logins, expected, strict=True):
        assert refusal(getattr(client_of(account, service, **login), call)) == (code, 403)


def test_ids_and_names_that_cannot_be_are_refused(account: World) -> None:
    modify = client_of(account, "ec2").modify_address_attribute
    code = "InvalidAllocationID.NotFound"
    assert refusal(modify, AllocationId="eipalloc-x", DomainName="a.example.com") == (code, 400)
    code = "InvalidParameterValue"
    assert refusal(modify, AllocationId=ID, DomainName="localhost") == (code, 400)


def change_refused(world: World, *changes: dict[str, Any]) -> str:
    zone_id = world.zone_id("example.com")
    client = client_of(world, "route53")
    with pytest.raises(ClientError) as caught:
        client.change_resource_record_sets(
            HostedZoneId=zone_id, ChangeBatch={"Changes": list(changes)}
        )
    answer: Any = caught.value.response
    assert answer["Error"]["Code"] == "InvalidChangeBatch"
    return str(answer["Error"]["Message"])


def created(owner: str, *values: str, kind: str = "A") -> dict[str, Any]:
    return {"Action": "CREATE", "ResourceRecordSet": record(owner, *values, kind=kind)}


def test_batches_that_ministack_takes_and_route_53_does_not_are_refused(account: World) -> None:
    zone_id = account.zone_id("example.com")
    outside = change_refused(account, created("a.example.org", "192.0.2.1"))
    assert "is not permitted in zone example.com." in outside
    account.put(zone_id, record("www.example.com", "a.example.net.", kind="CNAME"))
    beside = change_refused(account, created("www.example.com", "192.0.2.1"))
    assert "a conflicting RRSet of type CNAME" in beside
    many = [created(f"h{at}.example.com", "192.0.2.1") for at in range(1001)]
    assert change_refused(account, *many) == "Number of records limit of 1000 exceeded"
    long = [
        created(f"h{at}.example.com", f"h{at}.{'.'.join(['a' * 60] * 3)}.", kind="PTR")
        for at in range(200)
    ]
    assert change_refused(account, *long) == "Number of characters limit of 32000 exceeded"
    assert set(account.records(zone_id)) == {
        ("example.com.", "NS"),
        ("example.com.", "SOA"),
        ("www.example.com.", "CNAME"),
    }


def test_names_are_answered_as_route_53_escapes_them(account: World) -> None:
    zone_id = account.zone_id("example.com")
    account.put(zone_id, record("*.0/25.example.com", "192.0.2.1"))
    client = client_of(account, "route53")
    listed = client.list_resource_record_sets(
        HostedZoneId=zone_id, StartRecordName="*.0/25.example.com", MaxItems="1"
    )["ResourceRecordSets"]
    assert listed[0]["Name"] == r"\052.0\05725.example.com."


def test_it_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "tests.fakes.aws", "--scenario", '{"region": "eu-west-3"}']
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        lines = dict(program.stdout.readline().split() for _ in range(4))
        program.terminate()
        assert program.wait(30) == 0
    assert set(lines) == {"endpointUrl", "region", "accessKeyId", "secretAccessKey"}
    assert lines["region"] == "eu-west-3"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", lines["endpointUrl"])
