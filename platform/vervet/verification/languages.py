"""Owns the table of languages: how a program in each is compiled and run.

A language other than Python needs an image that holds its tools (profile `languages`, sandbox
`docker`), since the jail has Python alone. Never runs anything itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vervet.core.errors import UnknownNameError

__all__ = ["LANGUAGES", "PYTHON", "TOOLS", "Language", "language"]

TOOLS = "languages"
"""The profile whose image holds compilers and interpreters."""


@dataclass(frozen=True, slots=True)
class Language:
    """How one language is run, by tools that are on the path inside its profile.

    The solution lies in `source`. `compile` makes the file `product` of it, or only looks whether
    it can be run, in a job of its own that may start processes; `run` is then started for each
    test, in a folder that holds the product. Python alone needs no such job.
    """

    name: str
    profile: str
    source: str
    run: tuple[str, ...]
    compile: tuple[str, ...] = ()
    product: str = ""


PYTHON = Language("python", "python", "solution.py", ("python3", "solution.py"))

LANGUAGES: Mapping[str, Language] = {
    each.name: each
    for each in (
        PYTHON,
        Language(
            "c", TOOLS, "solution.c", ("./solution",),
            ("gcc", "-std=c17", "-O2", "-w", "-o", "solution", "solution.c", "-lm"), "solution",
        ),
        Language(
            "cpp", TOOLS, "solution.cpp", ("./solution",),
            ("g++", "-std=c++20", "-O2", "-w", "-o", "solution", "solution.cpp"), "solution",
        ),
        Language(
            "java", TOOLS, "Main.java", ("java", "-Xss64m", "-cp", "solution.jar", "Main"),
            (
                "sh", "-c",
                "mkdir classes && javac -d classes Main.java && jar cf solution.jar -C classes .",
            ),
            "solution.jar",
        ),
        Language(
            "javascript", TOOLS, "solution.js", ("node", "--stack-size=50000", "solution.js"),
            ("node", "--check", "solution.js"), "solution.js",
        ),
        Language(
            "rust", TOOLS, "solution.rs", ("./solution",),
            ("rustc", "--edition=2021", "-O", "-o", "solution", "solution.rs"), "solution",
        ),
        Language(
            "go", TOOLS, "solution.go", ("./solution",),
            ("go", "build", "-o", "solution", "solution.go"), "solution",
        ),
        Language(
            "ruby", TOOLS, "solution.rb", ("ruby", "solution.rb"),
            ("ruby", "-c", "solution.rb"), "solution.rb",
        ),
    )
}  # fmt: skip


def language(name: str) -> Language:
    """The language of that name. Raises `UnknownNameError`."""
    try:
        return LANGUAGES[name]
    except KeyError:
        raise UnknownNameError("language", name, LANGUAGES) from None
