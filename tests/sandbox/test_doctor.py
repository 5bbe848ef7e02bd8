"""What the doctor finds on this host, and what it says of hosts where less holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from vervet.core.errors import UnknownNameError
from vervet.sandbox import host
from vervet.sandbox.abilities import abilities_here
from vervet.sandbox.bubblewrap import find_bwrap
from vervet.sandbox.doctor import Diagnosis, Examination, examine
from vervet.sandbox.host import LAYERS, missing
from vervet.sandbox.job import CheckReport
from vervet.sandbox.probes import QUESTIONS, Probe, Question, ask
from vervet.sandbox.scripted import ScriptedSandbox, prints

HERE = abilities_here()


@pytest.fixture(scope="module")
def found() -> Examination:
    return examine("jail", ("jail", "reference"))


def test_every_promise_of_the_default_sandbox_holds_here(found: Examination) -> None:
    (jail, _) = found.backends

    assert [probe for probe in jail.probes if not probe.ok] == []
    assert len(jail.probes) == len(QUESTIONS) >= 12
    assert found.sound


def test_the_other_backends_are_asked_what_matters_most(found: Examination) -> None:
    (_, reference) = found.backends

    assert [probe for probe in reference.probes if not probe.ok] == []
    assert len(reference.probes) == sum(question.brief for question in QUESTIONS)


def test_each_layer_of_the_jail_is_in_force_or_has_a_reason_and_a_fix(found: Examination) -> None:
    for layer in found.backends[0].layers:
        assert layer.in_force or (layer.why and layer.fix)
    assert {layer.name for layer in found.backends[0].layers} == set(LAYERS) - {"gvisor"}


def test_every_bubblewrap_that_there_is_is_named(found: Examination) -> None:
    notes = found.backends[0].notes

    assert len(notes) == len(list(find_bwrap()))
    assert "sound, in use" in notes[0]


def test_a_backend_that_cannot_be_had_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vervet.sandbox.jail.find_bwrap", lambda: iter(()))
    monkeypatch.setattr(
        "vervet.sandbox.jail.abilities_here", lambda: replace(HERE, landlock=0, seccomp=False)
    )

    found = examine("jail", ())

    assert not found.sound
    assert "none is installed" in found.backends[0].why
    assert "apparmor_restrict_unprivileged_userns" in found.backends[0].why


def test_a_bubblewrap_that_is_not_used_is_told_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    bwraps = list(find_bwrap())
    broken = replace(bwraps[0], path=bwraps[0].path.with_name("false"), origin="system")
    monkeypatch.setattr("vervet.sandbox.jail.find_bwrap", lambda: iter([broken, bwraps[-1]]))
    monkeypatch.setattr("vervet.sandbox.doctor.find_bwrap", lambda: iter([broken, bwraps[-1]]))

    (jail,) = examine("jail", ()).backends

    assert jail.notes[0].startswith("bubblewrap of the system: not sound: ")
    assert "sound, in use" in jail.notes[1]


def test_a_slow_backend_that_is_not_the_default_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "vervet.sandbox.doctor.make_sandbox", lambda _: ScriptedSandbox(lambda *_: prints(b""))
    )

    (default, docker) = examine("jail", ("docker",)).backends

    assert (default.asked, docker.asked, docker.available) == (True, False, True)


def test_an_unknown_backend_is_named() -> None:
    with pytest.raises(UnknownNameError, match="dokcer"):
        examine("dokcer", ())


@pytest.mark.parametrize(
    ("setting", "value", "words", "fix"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor", "sysctl kernel.apparmor"),
        ("kernel/unprivileged_userns_clone", "0", "the kernel forbids", "userns_clone=1"),
        ("user/max_user_namespaces", "0", "no user namespaces", "max_user_namespaces="),
        ("", "", "do not work here", "package bubblewrap"),
    ],
)
def test_what_forbids_namespaces_is_named_with_its_fix(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, words: str, fix: str
) -> None:
    monkeypatch.setattr("vervet.sandbox.host.os.getuid", lambda: 1000)
    monkeypatch.setattr(host, "_setting", lambda place: value if place == setting else "")

    why, what_to_do = missing("userns", HERE, "")

    assert words in why
    assert fix in what_to_do


@pytest.mark.parametrize(
    ("layer", "lowered", "words"),
    [
        ("landlock", {"landlock": 0}, "no Landlock"),
        ("landlock", {"landlock": 2}, "its ABI here is 2"),
        ("seccomp", {"seccomp": False, "machine": "riscv64"}, "riscv64"),
    ],
)
def test_what_the_kernel_lacks_is_named_with_its_fix(
    layer: str, lowered: dict[str, object], words: str
) -> None:
    why, fix = missing(layer, replace(HERE, **lowered), "")  # type: ignore[arg-type]

    assert words in why
    assert "Linux" in fix


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_no_promise_is_believed_of_a_sandbox_that_does_nothing(question: Question) -> None:
    """Each answer here is that of a program that was let do what it tried."""
    answers: list[Callable[[bytes, bytes], CheckReport | str]] = [
        lambda *_: prints(b"['/usr']\n"),
        lambda *_: "the sandbox did not start",
    ]

    probes = [ask(ScriptedSandbox(answer), question) for answer in answers]

    assert [probe.ok for probe in probes] == [False, False]
    assert "the sandbox did not start" in probes[1].words


def test_one_promise_that_does_not_hold_makes_a_backend_unsound() -> None:
    probes = (Probe("a", True, ""), Probe("b", False, ""))

    assert not Diagnosis("jail", probes=probes).sound
    assert not Diagnosis("jail", why="no bubblewrap").sound


def test_a_weaker_kind_of_jail_is_examined_as_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vervet.sandbox.jail.abilities_here", lambda: replace(HERE, cgroups=False))

    (jail,) = examine("jail", ()).backends

    cgroup = next(layer for layer in jail.layers if layer.name == "cgroup")
    assert (cgroup.in_force, jail.sound) == (False, True)
    assert cgroup.why
