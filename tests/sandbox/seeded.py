"""Run by `test_perturbed` as a user without privileges: hashes where namespaces are forbidden."""

from __future__ import annotations

import sys
from dataclasses import replace

from tests.sandbox.jobs import job, run
from tests.sandbox.lowered import HERE
from vervet.sandbox.jail import JailSandbox


def main() -> None:
    for seed in (0, 1):
        sandbox = JailSandbox(abilities=replace(HERE, namespaces=False), hash_seed=seed)
        try:
            sys.stdout.write(run(sandbox, job("print(hash('vervet'))")).checks[0].stdout.decode())
        finally:
            sandbox.close()


if __name__ == "__main__":
    main()
