"""The login of an account at a host: wrong, rotated, and nowhere to be seen.

A subclass has ``world_type``.
"""

from __future__ import annotations

import pytest

from .account_life import InAnAccount
from .conftest import MakeProject
from .harness import Project, ptr
from .in_a_world import A
from .simulated_world import SimulatedWorld, unchecked
from .test_secrets import noted_arguments, texts_of

#: the program asks too
PROGRAM = "rdns.get_addresses()\n"


#: what is secret is under a passphrase, as most users have it
@pytest.mark.usefixtures("passphrase")
class HostTokens(InAnAccount):
    """What becomes of a login."""

    def test_the_secrets_are_nowhere_to_be_seen(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        x = world.addresses[0]
        project = make_project({**unchecked(world), "rdns:backends": {"main": world.place()}})
        secrets = world.secrets()
        set_secrets(project, secrets)
        project.program(PROGRAM, ptr("a", x, A))
        debug = {"RDNS_LOG": "debug", "RDNS_DEBUG": "1"}
        with noted_arguments() as arguments:
            results = [
                project.up(environ=debug),
                project.preview("--diff", "--refresh", environ=debug),
                project.refresh(environ=debug),
            ]
            world.rotate()
            results.append(project.refresh(fails=True, environ=debug))
        assert "AuthenticationError" in results[-1].text
        written = f"main: set the PTR of {x}: {world.write_method} {world.simulator.url}/"
        assert written in results[0].text  # the log
        assert any("pulumi.dynamic" in command for command in arguments)
        for secret in [*secrets.values(), *getattr(world.simulator, "tokens", {})]:
            assert not any(secret in result.text for result in results)
            assert not any(secret in command for command in arguments)
            check_is_in_no_file(project, secret)

    def test_secrets_of_the_environment_are_not_even_in_the_most_verbose_log(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        x, secrets = world.addresses[0], world.secrets()
        project = make_project({**unchecked(world), "rdns:backends": {"main": world.place()}})
        project.program(ptr("a", x, A))
        environ = {world.variables[key]: secret for key, secret in secrets.items()}
        result = project.up("--logtostderr", "-v=9", environ=environ)
        assert world.ptr(x) == [A]
        assert "Configure" in result.stderr
        for secret in secrets.values():
            assert secret not in result.text
            check_is_in_no_file(project, secret)

    def test_a_wrong_secret_is_one_sentence_that_says_where_it_comes_from(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        x = world.addresses[0]
        project = make_project(unchecked(world))
        project.program(ptr("a", x, A))
        variables = [f"RDNS_MAIN_{key.upper()}" for key in world.secrets()]
        environ = dict.fromkeys(variables, "mistyped-secret")
        result = project.up(fails=True, environ=environ)
        (error,) = result.errors
        assert error.startswith(f"AuthenticationError: main: read the PTR of {x}: ")
        assert "is not accepted" in error
        assert any(f"the environment variable {name}" in error for name in variables)
        assert world.correlates is ("correlation id" in error)
        assert "mistyped-secret" not in result.text
        assert "Traceback" not in result.text

    def test_a_login_rotated_between_up_and_destroy_needs_the_variables_alone(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        x = world.addresses[0]
        project = make_project(unchecked(world))
        project.program(ptr("a", x, A))
        project.up()
        rotated = world.rotate()
        refused = project.destroy(fails=True)
        assert "is not accepted" in refused.text
        for key in rotated:
            assert f"rdns:backends.main.{key} in the stack's configuration" in refused.text
            assert f"RDNS_MAIN_{key.upper()} beats it" in refused.text
        assert list(project.resources()) == ["a"]
        environ = {f"RDNS_MAIN_{key.upper()}": value for key, value in rotated.items()}
        project.refresh(environ=environ)
        project.destroy(environ=environ)
        assert world.ptr(x) == []

    def test_a_login_rotated_in_the_configuration_reaches_destroy_through_a_plain_up(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        """The other way that the pages name: refresh and destroy are given the last up's."""
        x, first = world.addresses[0], world.secrets()
        project = make_project(unchecked(world))
        set_secrets(project, first)
        project.program(ptr("a", x, A))
        project.up()
        rotated = world.rotate()
        set_secrets(project, rotated)
        results = [project.refresh(fails=True), project.destroy(fails=True)]
        for result in results:
            for key in rotated:
                said = f"rdns:backends.main.{key} was changed since: run `pulumi up` first"
                assert said in result.text
        assert world.ptr(x) == [A]
        results += [project.up("--expect-no-changes"), project.refresh(), project.destroy()]
        assert world.ptr(x) == []
        for secret in (*first.values(), *rotated.values()):
            assert not any(secret in result.text for result in results)
            check_is_in_no_file(project, secret)


def set_secrets(project: Project, secrets: dict[str, str]) -> None:
    """Set secrets of the instance in the stack's configuration."""
    for key, secret in secrets.items():
        path = f"rdns:backends.main.{key}"
        at = ("--stack", project.stack, "--path", "--secret", path)
        project.run("config", "set", *at, secret)


def check_is_in_no_file(project: Project, secret: str) -> None:
    assert secret not in project.state_text()
    assert [path for path, text in texts_of(project).items() if secret in text] == []
