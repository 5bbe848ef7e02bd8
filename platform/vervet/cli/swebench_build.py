"""`vervet swebench build`: the images that instances are judged in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vervet.cli.options import JsonOption

if TYPE_CHECKING:
    from vervet.core.lines import SetAside
    from vervet.sandbox.docker.instance_recipes import RecipeRule
    from vervet.sandbox.docker.instance_values import Wanted

__all__ = ["add_build", "build"]

SHIPPED = "swebench"


def add_build(group: typer.Typer) -> None:
    """Add the command to the group `vervet swebench`."""
    group.command("build")(build)


def build(
    instances: Annotated[
        str,
        typer.Argument(
            metavar="INSTANCES",
            help="File of instances, or folder of tasks; the shipped ones if left out.",
        ),
    ] = SHIPPED,
    ids: Annotated[
        list[str] | None, typer.Option("-i", "--instance", help="Only these (repeatable).")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", help="Only the first so many.")] = None,
    mirror: Annotated[
        Path | None,
        typer.Option("--mirror", help="Clone of the repository, or a folder of clones."),
    ] = None,
    base: Annotated[
        str, typer.Option("--base", help="Image to build on; Debian of debootstrap if left out.")
    ] = "",
    python: Annotated[
        str, typer.Option("--python", help="Interpreter, such as 3.9, instead of the recipe's.")
    ] = "",
    recipes: Annotated[
        Path | None, typer.Option("--recipes", help="YAML of recipes, looked at first.")
    ] = None,
    pull: Annotated[bool, typer.Option(help="Fetch images from a registry.")] = True,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build again what was built here.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Have the images of instances: as they are, from a registry, or built here.

    An image that is there is left as it is, unless it was built here of other inputs. Else it is
    pulled, or, where it cannot be, built of the repository (--mirror) on a Debian that needs no
    registry. Exit status 1 if one could not be had.

    \b
    vervet swebench build
    vervet swebench build lite.jsonl.gz -i pallets__flask-5063 --mirror ~/clones/flask
    """
    from vervet.cli.output import err, print_json, print_set_aside
    from vervet.core.errors import VervetError
    from vervet.sandbox.docker.engine import connect
    from vervet.sandbox.docker.instance_images import InstanceImages

    wanted, set_aside = _wanted(instances, ids or [], limit, recipes, python)
    print_set_aside(set_aside)
    engine = connect()
    had, failed = [], []
    try:
        images = InstanceImages(
            engine,
            mirror=mirror,
            base=base,
            may_pull=pull,
            rebuild=rebuild,
            say=lambda text: err().print(text, markup=False, soft_wrap=True),
        )
        for each in wanted:
            try:
                had.append(asdict(images.ensure(each)))
            except VervetError as error:
                failed.append({"instance": each.instance, "reason": error.message})
                err().print(f"vervet: {each.instance}: {error}", markup=False, soft_wrap=True)
    finally:
        engine.close()
    if as_json:
        print_json({"images": had, "failed": failed, "set_aside": list(map(asdict, set_aside))})
    else:
        _show(had)
    if failed:
        raise typer.Exit(1)


def _show(had: Sequence[dict[str, Any]]) -> None:
    from vervet.cli.output import out, table

    if not had:
        return
    rows = [
        (
            each["instance"],
            each["how"],
            each["image"],
            each["id"].removeprefix("sha256:")[:12],
            f"{each['seconds']:.1f}",
        )
        for each in had
    ]
    out().print(table(["instance", "", "image", "digest", "s"], rows, {4}))


def _wanted(
    name: str, ids: Sequence[str], limit: int | None, recipes: Path | None, python: str
) -> tuple[list[Wanted], list[SetAside]]:
    """The images to have, and what could not be read. Raises `UnknownNameError`, `UsageError`."""
    from vervet.core.errors import UnknownNameError, UsageError
    from vervet.core.lines import SetAside
    from vervet.problems.swebench_rows import read_instances
    from vervet.sandbox.docker.instance_recipes import read_recipes, shipped_recipes

    shipped = _shipped()
    place = shipped if name == SHIPPED else Path(name).expanduser()
    if not place.exists():
        raise UsageError(
            f"there is no file or folder {place}",
            hint=f"Give instances as a file or a folder of tasks, or {SHIPPED} for the shipped.",
        )
    rules = (*(read_recipes(recipes) if recipes else ()), *shipped_recipes())
    found: dict[str, Wanted] = {}
    set_aside: list[SetAside] = []
    for item in read_instances(place):
        if isinstance(item, SetAside):
            set_aside.append(item)
            continue
        one = _one(item.value, rules, python, (place, shipped))
        if isinstance(one, str):
            set_aside.append(SetAside(str(place), item.line, one))
        else:
            found[one.instance] = one
    for each in ids:
        if each not in found:
            raise UnknownNameError("instance", each, found)
    chosen = [found[each] for each in ids] if ids else list(found.values())
    return chosen[:limit], set_aside


def _one(
    row: dict[str, Any], rules: Sequence[RecipeRule], python: str, folders: Sequence[Path]
) -> Wanted | str:
    """What a row asks for, or why it asks for nothing."""
    from vervet.sandbox.docker.instance_recipes import recipe_for
    from vervet.sandbox.docker.instance_values import Wanted, image_of

    for key in ("instance_id", "repo", "base_commit"):
        if not isinstance(row.get(key), str) or not row[key]:
            return f"the key {key!r} is missing"
    return Wanted(
        instance=row["instance_id"],
        image=row.get("image") or image_of(row["instance_id"]),
        repo=row["repo"],
        base_commit=row["base_commit"],
        recipe=recipe_for(row, rules, python),
        files=next(_files(row["base_commit"], folders), None),
    )


def _files(commit: str, folders: Sequence[Path]) -> Iterator[Path]:
    """The folders of plain files, in folders of tasks, that commit to `commit`."""
    for folder in folders:
        for files in sorted(folder.glob("tasks/*/repo")):
            if f"base_commit: {commit}\n" in (files.parent / "task.yaml").read_text():
                yield files


def _shipped() -> Path:
    from vervet.problems import bundled

    return Path(bundled.__file__).parent / "bundled" / "swebench"
