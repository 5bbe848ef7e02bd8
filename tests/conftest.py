"""What every test may ask for."""

from __future__ import annotations

from tests.real_data import pythia, shared_data
from tests.servers import (
    database_url,
    migrated_postgres,
    migrated_sqlite,
    migrated_url,
    postgres_server,
    postgres_url,
)
from tests.services.docker import docker_engine, docker_image, docker_sandbox, gvisor_sandbox

__all__ = [
    "database_url",
    "docker_engine",
    "docker_image",
    "docker_sandbox",
    "gvisor_sandbox",
    "migrated_postgres",
    "migrated_sqlite",
    "migrated_url",
    "postgres_server",
    "postgres_url",
    "pythia",
    "shared_data",
]
