"""Reads a page as a browser would, strictly."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "wbr", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects elements with their attributes, and refuses tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def assert_self_contained(text: str) -> None:
    """Nothing is loaded from anywhere."""
    page = Page(text)
    for _, attributes in page.elements:
        for name in ("src", "srcset", "href", "xlink:href", "data", "action"):
            assert (attributes.get(name) or "#").startswith("#")
    assert "@import" not in text
    assert re.findall(r"url\((?!#)", text) == []
    assert page.all("script") == []


def assert_references_hold(text: str) -> None:
    """Each id is there once and each reference leads somewhere."""
    ids = [attributes["id"] for _, attributes in Page(text).elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    references = re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", text)
    assert set(references) <= {name for name in ids if name}


def assert_themed(text: str) -> None:
    """Every colour is one that the light and the dark theme define."""
    used = set(re.findall(r"var\((--[a-z-]+)", text))
    assert used <= set(re.findall(r"(--[a-z-]+):", text))
    for svg in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL):
        bare = re.sub(r"var\([^)]*\)", "", svg)
        assert re.findall(r"#[0-9a-f]{6}", bare) == []
