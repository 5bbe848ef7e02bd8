"""Instance images on a real engine: built of files and of a clone, run as official ones are."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from swebench.harness.grading import get_eval_tests_report, get_resolution_status
from swebench.harness.log_parsers import PARSER_REGISTRY
from swebench.harness.utils import make_test_spec

from tests.problems.swebench_shipped import candidates, instances, task
from vervet.core.errors import ProblemError, SandboxError, UsageError
from vervet.sandbox.docker.engine import Engine
from vervet.sandbox.docker.instance_images import InstanceImages
from vervet.sandbox.docker.instance_recipes import recipe_for
from vervet.sandbox.docker.instance_repository import commit_files
from vervet.sandbox.docker.instance_stages import Stage, reap_stages, run_stage
from vervet.sandbox.docker.instance_values import Wanted

pytestmark = [
    pytest.mark.services,
    pytest.mark.swebench,
    pytest.mark.xdist_group("swebench-images"),
]

ROWS = {row["instance_id"]: row for row in instances()}
SOURCES = {"vervet/ledger": "vervet__ledger-1"}
TEST_IMAGE = "vervet/test.eval.x86_64.vervet_1776_spans-1:latest"


def wanted(instance: str, **changes: Any) -> Wanted:
    row = ROWS[instance]
    source = SOURCES.get(row["repo"], instance)
    made = Wanted(
        instance=instance,
        image=row["image"],
        repo=row["repo"],
        base_commit=row["base_commit"],
        recipe=recipe_for(row, ()),
        files=task(source) / "repo",
    )
    return replace(made, **changes)


@pytest.fixture(scope="module")
def images(docker_engine: Engine) -> InstanceImages:
    return InstanceImages(docker_engine, may_pull=False)


@pytest.fixture
def unnamed(docker_engine: Engine) -> Iterator[str]:
    """A name for an image that is not there, and not there afterwards."""
    import docker.errors

    yield TEST_IMAGE
    with contextlib.suppress(docker.errors.ImageNotFound):
        docker_engine.client.images.remove(TEST_IMAGE, force=True)


def evaluate(image: str, row: dict[str, Any], patch: str) -> str:
    """How the official script and grader find a patch in a container without a network."""
    spec = make_test_spec(row)
    apply = "cd /testbed && git apply --verbose /patches/model && " if patch else ""
    command = f"{apply}/bin/bash /patches/eval 2>&1"
    hardened = (
        "--rm", "--interactive", "--init", "--network", "none", "--cap-drop", "ALL",
        "--security-opt", "no-new-privileges", "--pids-limit", "256", "--memory", "512m",
    )  # fmt: skip
    unpack = "mkdir /patches && tar --extract --directory /patches && "
    done = subprocess.run(
        ["docker", "run", *hardened, image, "/bin/bash", "-c", unpack + command],
        input=_tar({"model": patch, "eval": spec.eval_script}),
        capture_output=True,
        timeout=200,
        check=False,
    )
    log = done.stdout.decode()
    assert ">>>>> End Test Output" in log, log + done.stderr.decode()
    between = log.split(">>>>> Start Test Output")[1].split(">>>>> End Test Output")[0]
    found = PARSER_REGISTRY[spec.log_parser](between, spec)
    lists = {"FAIL_TO_PASS": spec.FAIL_TO_PASS, "PASS_TO_PASS": spec.PASS_TO_PASS}
    return str(get_resolution_status(get_eval_tests_report(found, lists)))


def _tar(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


@pytest.mark.parametrize("instance", ["vervet__ledger-1", "vervet__spans-1", "vervet__graphlet-1"])
def test_the_official_script_resolves_gold_and_nothing_less(
    images: InstanceImages, instance: str
) -> None:
    row = ROWS[instance]
    image = images.ensure(wanted(instance)).image
    partial, _ = candidates(instance)["partial"]

    assert evaluate(image, row, row["patch"]) == "RESOLVED_FULL"
    assert evaluate(image, row, "") == "RESOLVED_NO"
    assert evaluate(image, row, partial) == "RESOLVED_PARTIAL"


def test_an_image_is_built_once_and_again_when_its_inputs_change(
    images: InstanceImages, unnamed: str
) -> None:
    asked = wanted("vervet__spans-1", image=unnamed)
    first, again = images.ensure(asked), images.ensure(asked)
    assert asked.recipe is not None
    more = replace(asked.recipe, requirements=("requirements/that-are-not-there.txt",))
    changed = images.ensure(replace(asked, recipe=more))

    assert (first.how, again.how, changed.how) == ("built", "present", "built")
    assert first.id == again.id != changed.id
    assert first.inputs == again.inputs != changed.inputs


def test_an_image_of_a_clone_holds_what_came_before_its_commit_and_nothing_later(
    images: InstanceImages, docker_engine: Engine, unnamed: str, tmp_path: Path
) -> None:
    clone = tmp_path / "clones" / "vervet__spans"
    commit = commit_files(task("vervet__spans-1") / "repo", clone)
    who = {"GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x", "GIT_AUTHOR_NAME": "x"}
    for words in (["tag", "v1"], ["commit", "-qm", "the fix", "--allow-empty"], ["tag", "v2"]):
        env = {**os.environ, **who, "GIT_AUTHOR_EMAIL": "x"}
        subprocess.run(["git", *words], cwd=clone, check=True, env=env)
    mirrored = InstanceImages(docker_engine, may_pull=False, mirror=tmp_path / "clones")
    found = mirrored.ensure(wanted("vervet__spans-1", image=unnamed, files=None))
    look = "git rev-parse HEAD && git tag && git log --all --oneline | wc -l && git status -s"
    said = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", found.image, "sh", "-c", look],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert said.split() == [commit, "v1", "1"]


def test_nothing_of_the_host_or_of_the_build_stays_in_an_image(
    images: InstanceImages, docker_engine: Engine
) -> None:
    found = images.ensure(wanted("vervet__ledger-1"))
    config = docker_engine.client.images.get(found.id).attrs["Config"]
    labels = config["Labels"]
    left = docker_engine.client.api.containers(all=True, filters={"name": f"__{os.getpid()}__"})

    assert {each.partition("=")[0] for each in config["Env"]} <= {
        "PATH", "PIP_NO_INDEX", "PIP_NO_BUILD_ISOLATION", "PIP_DISABLE_PIP_VERSION_CHECK",
        "PIP_ROOT_USER_ACTION",
    }  # fmt: skip
    assert config.get("StopSignal") is None
    assert {each.rpartition(".")[0] for each in labels} == {"vervet.swebench"}
    assert labels["vervet.swebench.commit"] == ROWS["vervet__ledger-1"]["base_commit"]
    assert left == []


def test_the_dockerfile_of_a_task_makes_the_same_repository(
    images: InstanceImages, docker_engine: Engine, unnamed: str
) -> None:
    found = images.ensure(wanted("vervet__spans-1"))
    labels = docker_engine.client.images.get(found.id).labels
    base = f"BASE={labels['vervet.swebench.environment']}"
    built = subprocess.run(
        ["docker", "build", "--quiet", "--build-arg", base, "--tag", unnamed, "."],
        cwd=task("vervet__spans-1"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert built.returncode == 0, built.stderr

    assert evaluate(unnamed, ROWS["vervet__spans-1"], ROWS["vervet__spans-1"]["patch"]) == (
        "RESOLVED_FULL"
    )


def test_files_that_are_not_the_base_commit_are_refused(
    images: InstanceImages, unnamed: str
) -> None:
    other = wanted("vervet__spans-1", image=unnamed, files=task("vervet__graphlet-1") / "repo")

    with pytest.raises(ProblemError, match="not to its base_commit"):
        images.ensure(other)


def test_an_interpreter_that_cannot_be_had_is_named(images: InstanceImages, unnamed: str) -> None:
    asked = wanted("vervet__spans-1", image=unnamed)
    assert asked.recipe is not None

    with pytest.raises(UsageError, match=r"Python 3\.6 cannot be had"):
        images.ensure(replace(asked, recipe=replace(asked.recipe, python="3.6")))


def test_an_image_that_can_neither_be_pulled_nor_built_says_what_is_missing(
    images: InstanceImages, unnamed: str
) -> None:
    with pytest.raises(SandboxError, match="is not there") as caught:
        images.ensure(wanted("vervet__spans-1", image=unnamed, files=None))
    assert "a clone (--mirror)" in caught.value.hint


def test_a_script_that_fails_leaves_no_image_and_no_container(
    images: InstanceImages, docker_engine: Engine, unnamed: str
) -> None:
    source = images.ensure(wanted("vervet__ledger-1")).image
    stage = Stage("broken.sh", source, "#!/bin/sh\necho no luck; exit 3\n", (), unnamed, {}, {})

    with pytest.raises(SandboxError) as caught:
        run_stage(docker_engine, stage)
    assert "no luck" in caught.value.hint
    assert reap_stages(docker_engine) == 0
    assert docker_engine.client.images.list(name=unnamed) == []


def test_the_command_names_what_it_had(docker_image: str) -> None:
    code = (
        "import typer; from vervet.cli.swebench_build import add_build\n"
        "app = typer.Typer(); app.callback()(lambda: None); add_build(app); app()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "build", "-i", "vervet__ledger-2", "--no-pull", "--json"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["images"]

    assert found["image"] == ROWS["vervet__ledger-2"]["image"]
    assert found["id"].startswith("sha256:")
