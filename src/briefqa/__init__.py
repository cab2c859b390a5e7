"""Question answering over briefs that keeps their footnotes.

Import what you need from the modules; the package root stays empty so that importing one part never loads
the others (see ARCHITECTURE.md).
"""

__version__ = "0.1.0"
