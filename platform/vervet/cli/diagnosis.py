"""What `vervet doctor` found, for people."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from vervet.sandbox.doctor import Diagnosis, Examination
from vervet.sandbox.host import Layer

__all__ = ["show"]


def show(console: Console, found: Examination) -> None:
    """The host, each backend, and in the last line whether the default one is sound."""
    console.print("[bold]this host[/]")
    for name, words in found.host.items():
        _line(console, f"{name}: {words}")
    for backend in found.backends:
        _show_backend(console, backend, is_default=backend.backend == found.default)
    name = found.backends[0].backend
    console.print(f"\n{name} is sound here" if found.sound else f"\n{name} is NOT sound here")


def _show_backend(console: Console, found: Diagnosis, *, is_default: bool) -> None:
    default = ", the default" if is_default else ""
    if not found.available:
        console.print(f"\n[bold]{found.backend}[/]{default}: not available: ", end="")
        console.print(found.why, markup=False)
        return
    if not found.asked:
        words = f"there; `vervet doctor --sandbox {found.backend}` tries what it promises"
        console.print(f"\n[bold]{found.backend}[/]: {words}")
        return
    kind = f" (kind: {found.kind})" if found.kind != found.backend else ""
    state = "sound" if found.sound else "[red]NOT sound[/]"
    console.print(f"\n[bold]{found.backend}[/]{default}{kind}: {state}")
    for probe in found.probes:
        mark, style = ("holds", "green") if probe.ok else ("FAILS", "red")
        console.print(f"  [{style}]{mark}[/] ", end="")
        console.print(f"{probe.name}: {probe.words}", markup=False)
    _line(console, "in force: " + " ".join(each.name for each in found.layers if each.in_force))
    for words in _missing(found.layers):
        _line(console, words)
    for note in found.notes:
        _line(console, note)


def _missing(layers: Iterable[Layer]) -> list[str]:
    """A sentence for each reason why layers are not in force, with what to do about it."""
    reasons: dict[tuple[str, str], list[Layer]] = {}
    for layer in layers:
        if not layer.in_force:
            reasons.setdefault((layer.why, layer.fix), []).append(layer)
    said = []
    for (why, fix), missing in reasons.items():
        names = " ".join(layer.name for layer in missing)
        stops = f", by which {missing[0].stops}" if len(missing) == 1 else ""
        said.append(f"not in force: {names}{stops}: {why}{f' ({fix})' if fix else ''}")
    return said


def _line(console: Console, words: str) -> None:
    console.print(f"  {words}", markup=False, highlight=False)
