"""A page as a browser would read it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

__all__ = ["LINKS", "VOID", "Page"]

VOID = {"meta", "img", "source", "br", "hr", "link", "input"}
LINKS = {"src", "srcset", "href", "action", "data", "poster", "background"}


class Page(HTMLParser):
    """What a browser would see: text, tags with attributes, and whether the tags nest."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, name: str) -> list[dict[str, str]]:
        return [attrs for tag, attrs in self.tags if tag == name]
