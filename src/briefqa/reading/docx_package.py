"""Opens a Word file (.docx) safely: a zip of XML parts, none of which is trusted.

The layout is that of ECMA-376 parts 1 and 2. Strict and transitional documents differ in namespaces only, so
elements and attributes are called by their local names everywhere.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from lxml import etree

from briefqa.errors import EncryptedBrief, ReadingError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no public name for the type of its elements

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Word's own parts shrink to a fifth or a thirtieth; a part of one repeated letter to a thousandth.
_MAX_RATIO, _RATIO_FROM = 200, 4_000_000
_MAX_PARTS = 20_000


@dataclass(slots=True)
class Package:
    """An opened file. Parts are read when asked for, within one budget of unpacked bytes."""

    name: str
    archive: zipfile.ZipFile
    budget: int
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.names = frozenset(self.archive.namelist())

    def part(self, path: str) -> Element | None:
        """The root of one part; None where the package has no such part. Raises ReadingError, TooLarge."""
        if path not in self.names:
            return None
        data = self._unpacked(self.archive.getinfo(path))
        # Entities are not replaced, nothing is fetched, and depth and text lengths stay within libxml2's limits.
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise self._damaged(f"{path}: {error}") from error
        if root.getroottree().docinfo.internalDTD is not None:
            raise ReadingError(
                f"{self.name} declares a document type, which Word never does: it is not opened. Save it anew."
            )
        return root

    def related(self, path: str) -> dict[str, tuple[str, str, bool]]:
        """The relationships of a part: id → (kind, target, whether it lies outside). "" stands for the package."""
        folder, base = posixpath.split(path)
        root = self.part(posixpath.join(folder, "_rels", f"{base}.rels"))
        found: dict[str, tuple[str, str, bool]] = {}
        for relation in root if root is not None else ():
            target, kind = relation.get("Target", ""), relation.get("Type", "").rpartition("/")[2]
            outside = relation.get("TargetMode") == "External"
            if not outside:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[relation.get("Id", "")] = (kind, target, outside)
        return found

    def _unpacked(self, info: zipfile.ZipInfo) -> bytes:
        if info.flag_bits & 1:
            raise EncryptedBrief(f"{self.name} needs a password: save a copy without one.")
        try:
            with self.archive.open(info) as stream:
                data = stream.read(self.budget + 1)  # what is declared may be a lie; what comes out is counted
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            raise self._damaged(f"{info.filename}: {error}") from error
        if len(data) > self.budget or (len(data) > _RATIO_FROM and len(data) > _MAX_RATIO * max(1, info.compress_size)):
            raise TooLarge(
                f"{self.name} unpacks to far more than its size, beyond max_file_mb: it is not a brief, or split it."
            )
        self.budget -= len(data)
        return data

    def _damaged(self, detail: str) -> ReadingError:
        return ReadingError(f"{self.name} is a damaged Word file ({detail}): open it in Word and save it anew.")


def open_package(file: Path, name: str, *, max_unpacked: int) -> Package:
    """Open a .docx; max_unpacked: how many bytes all parts that are read may have together.

    Raises ReadingError for what is not a .docx, EncryptedBrief for one with a password, TooLarge for a bomb. The caller
    closes `Package.archive`.
    """
    with file.open("rb") as stream:
        start = stream.read(len(_OLE))
        if start == _OLE:
            stream.seek(0)
            if "EncryptedPackage".encode("utf-16-le") in stream.read():
                raise EncryptedBrief(f"{name} needs a password: open it in Word and save a copy without one.")
            raise ReadingError(f"{name} is an old Word document (.doc): open it and save it as .docx.")
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise ReadingError(
            f"{name} is not a Word file, or was cut off: fetch it again, or save it as .docx."
        ) from error
    if len(archive.infolist()) > _MAX_PARTS:
        archive.close()
        raise TooLarge(f"{name} holds more than {_MAX_PARTS:,} parts: it is not a brief.")
    return Package(name, archive, max_unpacked)


def local(element: Element) -> str:
    """An element's name without its namespace; "" for an entity that was not replaced."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element | None, name: str) -> str:
    """An attribute by its name without namespace, or ""."""
    for key, value in element.attrib.items() if element is not None else ():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return ""


def child(element: Element | None, *path: str) -> Element | None:
    """The first descendant along local names, or None."""
    for name in path:
        element = next((inner for inner in element if local(inner) == name), None) if element is not None else None
    return element


def children(element: Element | None, name: str) -> Iterator[Element]:
    """The children of one local name."""
    return (inner for inner in element if local(inner) == name) if element is not None else iter(())


def switched_on(properties: Element | None, name: str) -> bool:
    """Whether an on/off property such as <w:vanish/> is set."""
    found = child(properties, name)
    return found is not None and attribute(found, "val").lower() not in {"0", "false", "off", "none"}


def is_deleted(element: Element) -> bool:
    """Whether a tracked change takes an element away: a stretch of text, or a row or cell of a table."""
    if local(element) == "tr":
        return child(element, "trPr", "del") is not None
    if local(element) == "tc":
        return child(element, "tcPr", "cellDel") is not None
    return local(element) in {"del", "moveFrom"}
