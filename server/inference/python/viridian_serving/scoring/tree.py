"""Folders as indented lists, for logs."""

from __future__ import annotations

import itertools
import os
from typing import Iterator

_INDENT = "    "


def walk_folder(path: str, depth: int = 0) -> Iterator[str]:
    """One line for the folder and each thing in it, as the original prints them: sorted, folders with a trailing slash."""
    path = os.path.normpath(path)
    name = _INDENT * depth + os.path.basename(path)
    if not os.path.isdir(path):
        yield name
        return
    yield name + os.sep
    for child in sorted(os.listdir(path)):
        yield from walk_folder(os.path.join(path, child), depth + 1)


def list_folder(path: str, limit: int) -> str:
    """At most `limit` lines of the folder's tree; says when there is more."""
    lines = walk_folder(path)
    shown = list(itertools.islice(lines, limit))
    if next(lines, None) is not None:
        shown.append(f"(the first {limit} lines)")
    return "\n".join(shown)
