"""Owns one step in the making of an image: a script runs in a container, which becomes an image.

The containers are on the engine's default network, so that package registries can be reached.
Nothing of the host's (certificates, proxies, indices) stays in the image. Since an image keeps the
labels of the container that it comes from, and later containers get them, it is by name that they
are found again.
"""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from vervet.core.errors import SandboxError
from vervet.core.processes import identity, is_gone
from vervet.sandbox.docker.reaper import remove

if TYPE_CHECKING:
    from vervet.sandbox.docker.engine import Engine

__all__ = ["Stage", "reap_stages", "run_stage"]

STAGE_S = 1800
_NAME = "vervet-stage-"
_LAST_LINES = 15
_CERTIFICATES = "/dev/shm/certificates.pem"
_MEMORY, _PROCESSES = 4 << 30, 2048
_PASSED_ON = (
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT",
)  # fmt: skip
_CERTIFICATE_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True)
class Stage:
    """A script, what it is called with, and what the image that it makes is called.

    `archive` is a tar that is laid in at "/" first. `environment` holds for the script alone;
    `marks` become the image's labels, and `settings` its lines of a Dockerfile.
    """

    name: str
    source: str
    script: str
    arguments: tuple[str, ...]
    target: str
    environment: Mapping[str, str]
    marks: Mapping[str, str]
    settings: Sequence[str] = ()
    archive: IO[bytes] | None = None


def run_stage(engine: Engine, stage: Stage) -> str:
    """Run the script and keep what it left as the image `stage.target`; the image's id.

    Raises `SandboxError` with the script's last lines where it fails, or takes too long.
    """
    import docker.errors
    import requests

    try:
        with _patience(engine):
            container = _create(engine, stage)
            try:
                if stage.archive is not None:
                    engine.client.api.put_archive(container, "/", stage.archive)
                engine.client.api.start(container)
                _wait(engine, container, stage)
                return _commit(engine, container, stage)
            finally:
                remove(engine.client, container)
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise SandboxError(f"{stage.name}: the Docker engine says: {error}") from error


def _create(engine: Engine, stage: Stage) -> str:
    import docker.types

    shell = "/bin/bash" if "bash" in stage.script.partition("\n")[0] else "/bin/sh"
    variables, certificates = _from_host()
    ended = ["timeout", "--kill-after=1", str(STAGE_S), "env"]
    given = [f"{key}={value}" for key, value in {**variables, **stage.environment}.items()]
    mount = docker.types.Mount(_CERTIFICATES, certificates, type="bind", read_only=True)
    made = engine.client.containers.create(
        image=stage.source,
        name=_NAME + identity().replace(":", "__") + f"__{time.monotonic_ns()}",
        command=[*ended, *given, shell, "-c", stage.script, stage.name, *stage.arguments],
        mounts=[mount] if certificates else [],
        mem_limit=_MEMORY,
        pids_limit=_PROCESSES,
        security_opt=["no-new-privileges"],
        working_dir="/",
        init=True,
    )
    return str(made.id)


@contextlib.contextmanager
def _patience(engine: Engine) -> Iterator[None]:
    """Let the engine take longer over one request: an image of gigabytes is one."""
    api = engine.client.api
    before, api.timeout = api.timeout, STAGE_S
    try:
        yield
    finally:
        api.timeout = before


def reap_stages(engine: Engine) -> int:
    """Remove what stages of processes that are gone have left; how many containers there were."""
    found = engine.client.api.containers(all=True, filters={"name": _NAME})
    left = [each["Id"] for each in found if is_gone(_owner(each["Names"][0]))]
    for container in left:
        remove(engine.client, container)
    return len(left)


def _owner(name: str) -> str:
    """The identity of the process that named a stage's container."""
    return name.lstrip("/").removeprefix(_NAME).rpartition("__")[0].replace("__", ":")


def _wait(engine: Engine, container: str, stage: Stage) -> None:
    import requests

    said = ""
    try:
        code = engine.client.api.wait(container, timeout=STAGE_S + 60)["StatusCode"]
    except requests.RequestException:
        code, said = None, f"it was not done after {STAGE_S} s"
    if code == 0:
        return
    if not said:
        text = engine.client.api.logs(container, tail=_LAST_LINES).decode(errors="replace")
        said = text.strip() or f"exit status {code}"
    raise SandboxError(
        f"{stage.name} failed on the image {stage.source}",
        hint=said + "\nWhat it needs from package registries must be within reach of the engine's "
        "containers.",
    )


def _commit(engine: Engine, container: str, stage: Stage) -> str:
    repository, _, tag = stage.target.rpartition(":")
    marks = [f"LABEL {json.dumps(key)}={json.dumps(value)}" for key, value in stage.marks.items()]
    done = engine.client.api.commit(
        container,
        repository=repository,
        tag=tag,
        changes=[*marks, *stage.settings, "ENTRYPOINT []", 'CMD ["/bin/bash"]'],
    )
    return str(done["Id"])


def _from_host() -> tuple[dict[str, str], str]:
    """What package managers inside need to know, and the file of certificates ("" for none).

    An index in a folder of this host means nothing there, and is left out.
    """
    passed = {
        name: os.environ[name]
        for name in _PASSED_ON
        if os.environ.get(name) and "file:" not in os.environ[name]
    }
    found = ""
    for place in (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile):
        if place and Path(place).is_file():
            found = str(Path(place).resolve())
            break
    else:
        with contextlib.suppress(OSError):
            usual = Path("/etc/ssl/certs/ca-certificates.crt")
            found = str(usual.resolve()) if usual.is_file() else ""
    if found:
        passed.update(dict.fromkeys(_CERTIFICATE_VARIABLES, _CERTIFICATES))
    return passed, found
