"""The token of an account at a host: wrong, rotated, and nowhere to be seen.

A subclass has ``world_type`` and ``owner``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from .conftest import MakeProject
from .harness import ptr
from .in_a_world import A
from .simulated_world import ARTICLE, SimulatedWorld, config
from .test_secrets import noted_arguments, texts_of

X = "203.0.113.10"
TOKEN = "rdns:backends.main.apiToken"


#: what is secret is under a passphrase, as most users have it
@pytest.mark.usefixtures("passphrase")
class HostTokens:
    """What becomes of a token."""

    world_type: ClassVar[type[SimulatedWorld]]
    #: the id of an owner of addresses
    owner: ClassVar[str]

    @pytest.fixture
    def world(self) -> Iterator[SimulatedWorld]:
        with self.world_type.running("main") as world:
            yield world

    def test_the_token_is_nowhere_to_be_seen(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        secret = world.scenario.token
        project = make_project(config(world, **{"rdns:backends": {"main": world.place()}}))
        project.run("config", "set", "--stack", project.stack, "--path", "--secret", TOKEN, secret)
        project.program(ARTICLE.format(owner=self.owner, hostname=A))
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
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        secret = world.scenario.token
        project = make_project(config(world, **{"rdns:backends": {"main": world.place()}}))
        project.program(ptr("a", X, A, forward_check="skip"))
        environ = {world.variable: secret}
        result = project.up("--logtostderr", "-v=9", environ=environ)
        assert world.ptr(X) == [A]
        assert "Configure" in result.stderr
        assert secret not in result.text
        assert [path for path, text in texts_of(project).items() if secret in text] == []

    def test_a_wrong_token_is_one_sentence_that_says_where_it_comes_from(
        self, make_project: MakeProject, world: SimulatedWorld
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
        self, make_project: MakeProject, world: SimulatedWorld
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
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        """The other way that the pages name: refresh and destroy are given the last up's."""
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
            assert f"{TOKEN} was changed since: run `pulumi up` first" in result.text
        assert world.ptr(X) == [A]
        results += [project.up("--expect-no-changes"), project.refresh(), project.destroy()]
        assert world.ptr(X) == []
        for secret in (first, world.scenario.token):
            assert not any(secret in result.text for result in results)
            assert [path for path, text in texts_of(project).items() if secret in text] == []
