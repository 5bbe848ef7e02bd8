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
    overhead: int = 0
    """Bytes of address space that its interpreter reserves beside what a program asks for; they
    come on top of the problem's memory limit."""


PYTHON = Language("python", "python", "solution.py", ("python3", "solution.py"))

SMALL_JVM = (
    "-Xmx256m", "-XX:+UseSerialGC", "-XX:CompressedClassSpaceSize=64m",
    "-XX:ReservedCodeCacheSize=64m", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
)  # fmt: skip
"""What keeps Java's address space below the memory limit: it asks for gigabytes otherwise."""
_J = " ".join(f"-J{word}" for word in SMALL_JVM)
COMPILE_JAVA = (
    f"mkdir classes && javac {_J} -d classes Main.java && jar {_J} cf solution.jar -C classes ."
)

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
            "java", TOOLS, "Main.java",
            ("java", *SMALL_JVM, "-Xss16m", "-cp", "solution.jar", "Main"),
            ("sh", "-c", COMPILE_JAVA), "solution.jar", 1 << 30,
        ),
        Language(
            "javascript", TOOLS, "solution.js", ("node", "--stack-size=50000", "solution.js"),
            ("node", "--check", "solution.js"), "solution.js", 1 << 30,
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
