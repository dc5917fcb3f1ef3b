"""A report card as HTML: for a notebook's cell, and as one page with everything in it."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from coursekit.training.checklist import Check

# Colours with at least 7 : 1 on white; the word says the same.
VERDICTS = {True: ("passed", "#14532d"), False: ("not passed", "#8b0d00"), None: ("not to be judged", "#4a4a4a")}
CELL = "style='text-align:left;vertical-align:top;padding:0.35em 0.9em 0.35em 0;border-bottom:1px solid #ccc'"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.45 system-ui, sans-serif; color: #222; background: #fff; max-width: 54em; margin: 2em auto;
  padding: 0 1em; }}
h2 {{ font-size: 1.15em; }}
pre {{ font-size: 0.85em; overflow-x: auto; }}
@media print {{ figure {{ break-inside: avoid; }} }}
@media (max-width: 40em) {{  /* a phone: the cells of a row under each other, pictures as large as their words need */
  thead {{ display: none; }}
  table, tbody, tr, th, td {{ display: block; }}
  table th, table td {{ border: 0 !important; padding: 0.1em 0 !important; }}
  tr {{ border-bottom: 1px solid #ccc; padding: 0.4em 0; }}
  td:nth-child(2)::before {{ content: "Measured: "; }}
  td:nth-child(3)::before {{ content: "Expected: "; }}
  figure {{ overflow-x: auto; }}
  figure img {{ max-width: none !important; width: 38em !important; }}
}}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
<h2>The design</h2>
<pre tabindex="0">{design}</pre>
</main>
</body>
</html>
"""


class Picture(NamedTuple):
    """One picture, and what it shows in words."""

    title: str
    words: str
    png: bytes


def as_fragment(summary: str, checks: Sequence[Check], pictures: Sequence[Picture]) -> str:
    """Return a table and the pictures under it, as a cell shows them."""
    rows = "".join(map(_row, checks))
    heads = "".join(f"<th scope='col' {CELL}>{head}</th>" for head in ("Check", "Measured", "Expected", "Verdict"))
    table = f"<table style='border-collapse:collapse'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    scrolled = f"<div style='overflow-x:auto' tabindex='0'>{table}</div>"
    return f"<p><strong>{escape(summary)}</strong></p>\n{scrolled}\n" + "\n".join(map(_figure, pictures))


def as_page(title: str, body: str, design: str) -> str:
    """Return one page that needs nothing else; ``body`` is HTML, title and design are plain text."""
    return PAGE.format(title=escape(title), body=body, design=escape(design))


def _row(check: Check) -> str:
    verdict, color = VERDICTS[check.passed]
    advice = f"<br>{escape(check.advice)}" if check.advice else ""
    judged = f"<div style='color:{color};min-width:11em'><strong>{verdict}</strong>{advice}</div>"
    cells = "".join(f"<td {CELL}>{cell}</td>" for cell in (escape(check.measured), escape(check.expected), judged))
    return f"<tr><th scope='row' {CELL}>{escape(check.name)}</th>{cells}</tr>"


def _figure(picture: Picture) -> str:
    source = f"data:image/png;base64,{b64encode(picture.png).decode('ascii')}"
    alt = escape(picture.words, quote=True)
    return (
        f"<h2 style='font-size:1.15em'>{escape(picture.title)}</h2>\n<figure style='margin:0'>"
        f"<img src='{source}' alt='{alt}' style='max-width:100%;width:45em;background:#fff'></figure>"
    )
