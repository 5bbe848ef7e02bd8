"""Patches that forge a pass: the table of them, and what the official evaluation makes of each.

`python -m tests.services.forging` writes docs/swebench_forging.md again after an edit of the table.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml
from swebench.harness.utils import make_test_spec

from tests.problems.swebench_shipped import instances
from tests.services.test_swebench_images import _tar
from vervet.core.values import Problem
from vervet.verification.patches.grading import regrade

__all__ = ["DOCUMENT", "VARIES", "Forgery", "document", "forgeries", "official_verdict"]

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "verification" / "patches" / "forging"
DOCUMENT = ROOT / "docs" / "swebench_forging.md"
ROWS = {row["instance_id"]: row for row in instances()}
VARIES = "varies"
"""The official verdict where it depends on which of two processes is faster."""
HARDENED = (
    "--rm", "--interactive", "--init", "--network", "none", "--cap-drop", "ALL", "--cap-add",
    "CHOWN", "--cap-add", "DAC_OVERRIDE", "--cap-add", "FOWNER", "--security-opt",
    "no-new-privileges", "--pids-limit", "256", "--memory", "512m",
)  # fmt: skip
RUN = """mkdir /patches && tar --extract --directory /patches && cd /testbed
git apply --verbose /patches/model && timeout 100 /bin/bash /patches/eval 2>&1"""
START, END = "<!-- table -->\n", "<!-- end -->\n"


@dataclass(frozen=True, slots=True)
class Forgery:
    """A patch and what comes of it: `verdict` is a status, or "flagged" for a pass under suspicion;
    `official` is "resolved", "not resolved" or "varies"."""

    instance: str
    name: str
    does: str
    verdict: str
    code: str
    official: str

    @property
    def patch(self) -> str:
        """Its text, byte for byte."""
        path = FOLDER / self.instance / f"{self.name}.patch"
        return path.read_bytes().decode()

    @property
    def id(self) -> str:
        """Instance and name."""
        return f"{self.instance.removeprefix('vervet__')}/{self.name}"


def forgeries() -> list[Forgery]:
    """All of the table, in its order."""
    return [Forgery(**row) for row in yaml.safe_load((FOLDER / "forgeries.yaml").read_text())]


def official_verdict(problem: Problem, patch: str) -> str:
    """What the unmodified eval script and the official grading say, in the same image.

    In a container without a network and with the capabilities that ours has.
    """
    script = make_test_spec(ROWS[problem.id]).eval_script
    done = subprocess.run(
        ["docker", "run", *HARDENED, problem.spec["image"], "/bin/bash", "-c", RUN],
        input=_tar({"model": patch, "eval": script}),
        capture_output=True,
        timeout=200,
        check=False,
    )
    return "resolved" if regrade(done.stdout, problem).resolved else "not resolved"


def document(text: str) -> str:
    """The document with its table as the forgeries say."""
    lines = ["| instance | forgery | official | Vervet | code |\n", "|---|---|---|---|---|\n"]
    for each in forgeries():
        ours = "passed, `flagged`" if each.verdict == "flagged" else f"`{each.verdict}`"
        code = f"`{each.code}`" if each.code else ""
        instance = each.instance.removeprefix("vervet__")
        does = f"`{each.name}`: {each.does}"
        lines.append(f"| {instance} | {does} | {each.official} | {ours} | {code} |\n")
    head, _, rest = text.partition(START)
    return f"{head}{START}{''.join(lines)}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    DOCUMENT.write_text(document(DOCUMENT.read_text()))
