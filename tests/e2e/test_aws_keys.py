"""The key of an AWS account: rotated, and nowhere to be seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.ministack import MiniStack

from .aws_world import AwsWorld, config
from .conftest import MakeProject
from .harness import forward, ptr
from .test_secrets import noted_arguments, texts_of

A, X = "a.example.com", "203.0.113.10"
UNCHECKED = {"rdns:forwardCheck": "skip"}
SECRET = "rdns:backends.main.secretAccessKey"


@pytest.fixture
def world(ministack: MiniStack) -> Iterator[AwsWorld]:
    with AwsWorld.running("main", ministack) as world:
        yield world


def test_the_secrets_are_nowhere_to_be_seen(
    make_project: MakeProject, ministack: MiniStack
) -> None:
    with AwsWorld.running("main", ministack, session_token="a-t0ken/that+nobody/may=see") as world:
        project = make_project(config(world, **{"rdns:backends": {"main": world.place()}}))
        secrets = world.secrets()
        for key, secret in secrets.items():
            path = f"rdns:backends.main.{key}"
            at = ("--stack", project.stack, "--path", "--secret", path)
            project.run("config", "set", *at, secret)
        project.program(forward("a", A, X), ptr("a", X, A))
        debug = {"RDNS_LOG": "debug", "RDNS_DEBUG": "1"}
        with noted_arguments() as arguments:
            results = [
                project.up(environ=debug),
                project.preview("--diff", "--refresh", environ=debug),
                project.refresh(environ=debug),
            ]
            world.scenario.secret_access_key = "another"
            results.append(project.refresh(fails=True, environ=debug))
        assert f"main: set the PTR of {X}: ModifyAddressAttribute EC2: 200 in" in results[0].text
        assert "AuthenticationError" in results[-1].text
        assert any("pulumi.dynamic" in command for command in arguments)
        assert len(secrets) == 2
        for secret in secrets.values():
            assert not any(secret in result.text for result in results)
            assert not any(secret in command for command in arguments)
            assert secret not in project.state_text()
            assert [path for path, text in texts_of(project).items() if secret in text] == []


def test_keys_of_the_environment_are_not_even_in_the_most_verbose_log(
    make_project: MakeProject, world: AwsWorld
) -> None:
    place = {key: value for key, value in world.place().items() if key != "accessKeyId"}
    project = make_project(config(world, **{"rdns:backends": {"main": place}}))
    project.program(ptr("a", X, A, forward_check="skip"))
    secret = world.scenario.secret_access_key
    environ = {
        "AWS_ACCESS_KEY_ID": world.scenario.access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret,
    }
    result = project.up("--logtostderr", "-v=9", environ=environ)
    assert world.ptr(X) == [A]
    assert "Configure" in result.stderr
    assert secret not in result.text
    assert [path for path, text in texts_of(project).items() if secret in text] == []


def test_a_key_rotated_between_up_and_destroy_needs_the_variables_alone(
    make_project: MakeProject, world: AwsWorld
) -> None:
    project = make_project(config(world, **UNCHECKED))
    project.program(ptr("a", X, A))
    project.up()
    world.scenario.access_key_id = "AKIAROTATED"
    world.scenario.secret_access_key = "rotated-secret"
    refused = project.destroy(fails=True)
    assert f"{SECRET} in the stack's configuration" in refused.text
    assert "RDNS_MAIN_SECRETACCESSKEY beats it" in refused.text
    assert list(project.resources()) == ["a"]
    rotated = {
        "RDNS_MAIN_ACCESSKEYID": "AKIAROTATED",
        "RDNS_MAIN_SECRETACCESSKEY": "rotated-secret",
    }
    project.refresh(environ=rotated)
    project.destroy(environ=rotated)
    assert world.ptr(X) == []
