"""A page as data, and how it becomes one HTML file that needs nothing else: no script, no font, no network.

Texts are escaped by the template; only figures go in as they are, after `inlined` has made them fit to share a page.
The same page gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from simulator import __version__

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Paragraph:
    """Words; `lead` is set larger, `note` smaller."""

    text: str
    style: str = ""
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True)
class Bullets:
    """A list; an item is (head, words), the head in bold and possibly empty."""

    items: Sequence[tuple[str, str]]
    kind: ClassVar[str] = "bullets"


@dataclass(frozen=True)
class Code:
    """Lines to be typed."""

    text: str
    kind: ClassVar[str] = "code"


@dataclass(frozen=True)
class Table:
    """Rows of text under heads; `words` are the columns that stand left. A row of one cell is a heading within.

    A line break in a cell separates a value from its interval, which is set smaller beneath it.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: Sequence[int] = (0,)
    note: str = ""
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Figure:
    """A drawing: the SVG as a file holds it, what it shows in words, and what is beneath it."""

    name: str
    svg: str
    alt: str
    caption: str
    kind: ClassVar[str] = "figure"

    @property
    def drawing(self) -> str:
        """The SVG ready for the page."""
        return inlined(self.svg, self.id, self.alt)

    @property
    def id(self) -> str:
        """Its anchor; a section may have the same name."""
        return f"figure-{self.name}"


Block = Paragraph | Bullets | Code | Table | Figure


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; `id` is the anchor, `short` its name in the list of contents."""

    id: str
    heading: str
    short: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """One page: what was asked, what came out, how sure, and the rest in sections.

    `run` names the run in the header of every printed page; `facts` are (name, value) beneath the question.
    """

    title: str
    run: str
    question: str
    answer: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    footer: str = field(default=f"allpath {__version__}")


def written(page: Page) -> str:
    """The page as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True, finalize=with_minus,
    )  # fmt: skip
    environment.filters["drawing"] = lambda figure: Markup(figure.drawing)
    environment.filters["css_string"] = lambda text: Markup(css_string(text))
    return environment.get_template("page.html.j2").render(page=page)


def with_minus(value: Any) -> Any:
    """Text with true minus signs before numbers; what is markup already, and anything else, as it is."""
    return re.sub(r"(?<![\w-])-(?=\d)", "−", value) if type(value) is str else value


def css_string(text: str) -> str:
    """Text as a string of a style sheet: anything but letters, digits and plain signs as a code point."""
    return '"' + "".join(c if re.fullmatch(r"[\w .,:;·()+-]", c) else f"\\{ord(c):06x}" for c in text) + '"'


def inlined(svg: str, name: str, alt: str) -> str:
    """An SVG file as an element of a page: ids of its own, no prolog, no metadata, sized by the page, named `alt`."""
    from markupsafe import escape

    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.S)
    body = re.sub(r'\s(?:xmlns(?::\w+)?|version)="[^"]*"', "", body)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r'\b(?:xlink:)?href="#([^"]+)"', rf'href="#{name}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", body)
    head, rest = body.split(">", 1)
    head = re.sub(r'\s(?:width|height)="[^"]*"', "", head)
    width = float(re.search(r'viewBox="[\d.]+ [\d.]+ ([\d.]+)', head)[1])  # type: ignore[index]
    style = f'style="--natural: {width * 4 / 3:.0f}px"'
    return f'{head} role="img" aria-label="{escape(alt)}" {style}>{rest}'.strip()
