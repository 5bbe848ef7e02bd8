"""Owns what every page shares: how templates are filled, and drawings that need no other file.

Knows nothing of what a page is about.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from vervet.report.files import svg_text
from vervet.report.theme import DARK, LIGHT, recolour
from vervet.report.words import duration, percent, status_name

__all__ = ["NARROW", "WIDE", "Picture", "picture", "templates"]

WIDE, NARROW = 7.6, 4.3
"""Inches of a drawing on a wide page and on a telephone."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One drawing as data URIs: light and dark, wide and narrow, with its text for the blind."""

    alt: str
    light: str
    dark: str
    narrow_light: str
    narrow_dark: str


def templates() -> Environment:
    """The templates of this room: everything that is filled in is escaped."""
    environment = Environment(
        loader=PackageLoader("vervet.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, duration=duration, status_name=status_name)
    return environment


def picture(alt: str, wide: Figure, narrow: Figure) -> Picture:
    """Two figures in the light theme as one picture that suits both themes and widths."""
    drawn = [svg_text(figure) for figure in (wide, narrow)]
    light = [_data_uri(svg) for svg in drawn]
    dark = [_data_uri(recolour(svg, LIGHT, DARK)) for svg in drawn]
    return Picture(alt, light[0], dark[0], light[1], dark[1])


def _data_uri(svg: str) -> str:
    encoded = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    return f"data:image/svg+xml;base64,{encoded}"
