"""One self-contained page: what it is made of, and the page of a comparison.

document     a page as data (title, question, answer, sections of blocks) and how it becomes HTML
comparison   the page of a comparison, section by section
sentences    the answer in three sentences        glance       the arms side by side
trust        what is uncertain, and how           assumptions  the numbers that the difference rests on
published    published against simulated          words        what the figures are not for

A page of something else is the same skeleton: build a `Page` and give it to `written`.
"""

from simulator.report.html.comparison import write_report
from simulator.report.html.document import Block, Bullets, Code, Figure, Page, Paragraph, Section, Table, written

__all__ = ["Block", "Bullets", "Code", "Figure", "Page", "Paragraph", "Section", "Table", "write_report", "written"]
