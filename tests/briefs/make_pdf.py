"""Makes the documents of tests/briefs/pdf from their sources, each with the real producer that its head names.

    cd tests && python -m briefs.make_pdf [NAME ...]

Without names it makes those that have none yet. It wants pdflatex, xelatex, lualatex, soffice and chromium on the PATH
and, in the Python that runs it, weasyprint and typst (PyPI). The PDFs are committed: making them is for whoever adds or
changes one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from briefs.annotated import AnnotatedText, load
from briefs.as_html import Writer
from briefs.as_latex import latex
from briefs.as_opendocument import flat_opendocument
from briefs.as_typst import typst_markup

FOLDER = Path(__file__).parent / "pdf"
# The same bytes each time, as far as the producers can.
_ENVIRONMENT = {**os.environ, "SOURCE_DATE_EPOCH": "1735689600", "FORCE_SOURCE_DATE": "1"}


def make(source: AnnotatedText) -> bytes:
    """The source as a PDF."""
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder, "brief.pdf")
        PRODUCERS[source.head["producer"]](source, pdf)
        return pdf.read_bytes()


def _latex(source: AnnotatedText, pdf: Path) -> None:
    file = _written(latex(source), pdf, ".tex")
    command = [source.head.get("engine", "pdflatex"), "-interaction=nonstopmode", "-halt-on-error", file.name]
    for _ in range(2):
        done = subprocess.run(command, cwd=pdf.parent, env=_ENVIRONMENT, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{source.name}: {done.stdout.decode(errors='replace')[-1500:]}")


def _libreoffice(source: AnnotatedText, pdf: Path) -> None:
    file = _written(flat_opendocument(source), pdf, ".fodt")
    profile = f"-env:UserInstallation=file://{tempfile.gettempdir()}/briefqa-soffice"
    _run("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(pdf.parent), str(file))


def _chromium(source: AnnotatedText, pdf: Path) -> None:
    file = _written(Writer(source, floating=False).page(), pdf, ".html")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    _run("chromium", *flags, f"--print-to-pdf={pdf}", file.as_uri())


def _weasyprint(source: AnnotatedText, pdf: Path) -> None:
    import_module("weasyprint").HTML(string=Writer(source, floating=True).page()).write_pdf(pdf)


def _typst(source: AnnotatedText, pdf: Path) -> None:
    import_module("typst").compile(str(_written(typst_markup(source), pdf, ".typ")), output=str(pdf), timestamp=0)


def _written(text: str, pdf: Path, suffix: str) -> Path:
    file = pdf.with_suffix(suffix)
    file.write_text(text, encoding="utf-8")
    return file


def _run(*command: str) -> None:
    subprocess.run(command, env=_ENVIRONMENT, capture_output=True, check=True, timeout=120)


PRODUCERS = {
    "latex": _latex,
    "libreoffice": _libreoffice,
    "chromium": _chromium,
    "weasyprint": _weasyprint,
    "typst": _typst,
}


def main(names: list[str]) -> None:
    """Make the named documents, or those that are missing."""
    for file in sorted(FOLDER.glob("*.brief")):
        pdf = file.with_suffix(".pdf")
        if file.stem in names or (not names and not pdf.exists()):
            pdf.write_bytes(make(load(file)))
            sys.stderr.write(f"{pdf.name}: {pdf.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
