"""What a run of untrusted code may use, and what it used."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from vervet.core.errors import JobError

__all__ = ["Limits", "Usage"]

MIB = 1 << 20
LONGEST_S = 604_800.0
"""A week: what is beyond is a slip of the pen."""
TIMES = ("cpu_s", "wall_s", "compile_s")
LOWEST = {"memory": 64 * MIB, "open_files": 8}
"""What the interpreter itself needs, of what can be limited."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one check: times in seconds, sizes in bytes.

    `compile_s` bounds the CPU time of what comes before the first check.
    Raises `JobError` for a bound that is not positive.
    """

    cpu_s: float = 2.0
    wall_s: float = 8.0
    memory: int = 512 * MIB
    output: int = 1 * MIB
    file_size: int = 16 * MIB
    processes: int = 32
    open_files: int = 64
    compile_s: float = 10.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value > 0:
                raise JobError(
                    f"limit {name} is {value}", hint=f"Set {name} to a number greater than zero."
                )

    def check_usable(self) -> None:
        """Raise `JobError` for a bound below what the interpreter itself needs to start, or for a
        time beyond all reason."""
        for name in TIMES:
            if getattr(self, name) > LONGEST_S:
                raise JobError(
                    f"limit {name} is {getattr(self, name):g} s, more than a week",
                    hint=f"Set {name} to at most {LONGEST_S:,.0f}.",
                )
        for name, lowest in LOWEST.items():
            if getattr(self, name) < lowest:
                raise JobError(
                    f"limit {name} is {getattr(self, name)}, below what the interpreter needs",
                    hint=f"Set {name} to at least {lowest}.",
                )


@dataclass(frozen=True, slots=True)
class Usage:
    """What an attempt used over all its checks: seconds, and bytes at the peak."""

    wall_s: float = 0.0
    cpu_user_s: float = 0.0
    cpu_system_s: float = 0.0
    peak_memory: int = 0
    output: int = 0
    run_delay_s: float = 0.0

    @property
    def cpu_s(self) -> float:
        """User and system time together."""
        return self.cpu_user_s + self.cpu_system_s

    def __add__(self, other: Usage) -> Usage:
        """Usage of both: times and output add up, the peak is the larger one."""
        return Usage(
            wall_s=self.wall_s + other.wall_s,
            cpu_user_s=self.cpu_user_s + other.cpu_user_s,
            cpu_system_s=self.cpu_system_s + other.cpu_system_s,
            peak_memory=max(self.peak_memory, other.peak_memory),
            output=self.output + other.output,
            run_delay_s=self.run_delay_s + other.run_delay_s,
        )
