"""The token of a Hostinger account: wrong, rotated, and nowhere to be seen."""

from __future__ import annotations

import pytest

from .conftest import MakeProject
from .harness import ptr
from .hostinger_world import ARTICLE, HostingerWorld, X, config
from .hostinger_world import world as world
from .in_a_world import A
from .test_secrets import noted_arguments, texts_of

#: what is secret is under a passphrase, as most users have it
pytestmark = pytest.mark.usefixtures("passphrase")

TOKEN = "rdns:backends.main.apiToken"


def test_the_token_is_nowhere_to_be_seen(make_project: MakeProject, world: HostingerWorld) -> None:
    secret = world.scenario.token
    project = make_project(config(world, **{"rdns:backends": {"main": world.place()}}))
    project.run("config", "set", "--stack", project.stack, "--path", "--secret", TOKEN, secret)
    project.program(ARTICLE.format(owner="17923", hostname=A))
    with noted_arguments() as arguments:
        results = [project.up(), project.preview("--diff", "--refresh"), project.refresh()]
        world.scenario.token = "another"
        results.append(project.refresh(fails=True, environ={"RDNS_DEBUG": "1"}))
    assert "AuthenticationError" in results[-1].text
    for result in results:
        assert secret not in result.text
    assert secret not in project.state_text()
    assert [path for path, text in texts_of(project).items() if secret in text] == []
    assert any("pulumi.dynamic" in command for command in arguments)
    assert not any(secret in command for command in arguments)


def test_a_token_of_the_environment_is_not_even_in_the_most_verbose_log(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    secret = world.scenario.token
    project = make_project(config(world, **{"rdns:backends": {"main": world.place()}}))
    project.program(ptr("a", X, A, forward_check="skip"))
    environ = {"HOSTINGER_API_TOKEN": secret}
    result = project.up("--logtostderr", "-v=9", environ=environ)
    assert world.ptr(X) == [A]
    assert "Configure" in result.stderr
    assert secret not in result.text
    assert [path for path, text in texts_of(project).items() if secret in text] == []


def test_a_wrong_token_is_one_sentence_that_says_where_it_comes_from(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    project = make_project(config(world))
    project.program(ptr("a", X, A))
    result = project.up(fails=True, environ={"RDNS_MAIN_APITOKEN": "mistyped-token"})
    (error,) = result.errors
    assert error.startswith(
        "AuthenticationError: main: read the PTR of 203.0.113.10: the API token"
    )
    assert "is not accepted" in error
    assert "the environment variable RDNS_MAIN_APITOKEN" in error
    assert "correlation id" in error
    assert "mistyped-token" not in result.text
    assert "Traceback" not in result.text


def test_a_token_rotated_between_up_and_destroy_needs_the_variable_alone(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
    project.program(ptr("a", X, A))
    project.up()
    world.scenario.token = "rotated-token"
    refused = project.destroy(fails=True)
    assert "rdns:backends.main.apiToken in the stack's configuration" in refused.text
    assert "RDNS_MAIN_APITOKEN beats it" in refused.text
    assert list(project.resources()) == ["a"]
    rotated = {"RDNS_MAIN_APITOKEN": world.scenario.token}
    project.refresh(environ=rotated)
    project.destroy(environ=rotated)
    assert world.ptr(X) == []


def test_a_token_rotated_in_the_configuration_reaches_destroy_through_a_plain_up(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    """The other way that the documentation names: refresh and destroy are given the last up's."""
    first = world.scenario.token
    project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
    set_token = ["config", "set", "--stack", project.stack, "--path", "--secret", TOKEN]
    project.run(*set_token, first)
    project.program(ptr("a", X, A))
    project.up()
    world.scenario.token = "rotated-token"
    project.run(*set_token, world.scenario.token)
    results = [project.refresh(fails=True), project.destroy(fails=True)]
    for result in results:
        assert "rdns:backends.main.apiToken was changed since: run `pulumi up` first" in result.text
    assert world.ptr(X) == [A]
    results += [project.up("--expect-no-changes"), project.refresh(), project.destroy()]
    assert world.ptr(X) == []
    for secret in (first, world.scenario.token):
        assert not any(secret in result.text for result in results)
        assert [path for path, text in texts_of(project).items() if secret in text] == []
