"""What `vervet doctor` found, for people."""

from __future__ import annotations

from rich.console import Console

from vervet.sandbox.doctor import Diagnosis, Examination

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
    for layer in found.layers:
        if not layer.in_force:
            fix = f" ({layer.fix})" if layer.fix else ""
            _line(console, f"not in force: {layer.name}, by which {layer.stops}: {layer.why}{fix}")
    for note in found.notes:
        _line(console, note)


def _line(console: Console, words: str) -> None:
    console.print(f"  {words}", markup=False, highlight=False)
