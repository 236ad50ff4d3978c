"""Makes matplotlib's SVG fit into a page: themed, described, and with ids of its own."""

from __future__ import annotations

import io
import re
from html import escape

from matplotlib.figure import Figure

from lab.report import colours
from lab.report.plots.canvas import styled

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def themed_svg(figure: Figure, *, name: str, title: str, description: str) -> str:
    """Return the figure as an `<svg>` element whose colours follow the page's theme."""
    buffer = io.StringIO()
    with styled():
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = _with_own_ids(svg, name)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", FONT, svg)
    for colour in colours.ALL:
        svg = svg.replace(colour.light, f"var(--plot-{colour.role}, {colour.light})")
    return _described(svg, name, title, description)


def standalone(svg: str) -> str:
    """Return a themed element as a file of its own that follows its viewer's theme."""
    style = (
        f"<style>svg {{ {colours.variables('light')} }} "
        f"@media (prefers-color-scheme: dark) {{ svg {{ {colours.variables('dark')} }} }} "
        "text { paint-order: stroke; stroke: var(--plot-paper); stroke-width: 3px }</style>"
    )
    head, tail = svg.split(">", 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}>{style}{tail}\n'


def _with_own_ids(svg: str, name: str) -> str:
    """Prefix every id, so that two plots in one page do not answer for each other."""
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)


def _described(svg: str, name: str, title: str, description: str) -> str:
    head, tail = svg.split(">", 1)
    # The page decides the size; the view box keeps the shape.
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    labelled = f'{head} role="img" aria-labelledby="{name}-title {name}-description">'
    return (
        f'{labelled}<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-description">{escape(description)}</desc>{tail}'
    )
