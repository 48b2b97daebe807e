"""Makes the stand-ins of `compat/` importable where the user's environment does not have the real packages."""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Optional, Sequence

COMPAT_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "compat")

#: The original puts its own modules in the place of these, whatever else is installed: an old azureml-contrib-services may be.
_ALWAYS_OURS = ("azureml.contrib.services.aml_request", "azureml.contrib.services.aml_response")


class CompatFinder(MetaPathFinder):
    """Finds a module in `compat/` by its dotted name.

    It stands last, so that a real package wins, even where only parts of a namespace package such as `azureml` are installed.
    """

    def __init__(self, only: Optional[Sequence[str]] = None) -> None:
        self._only = only

    def find_spec(self, fullname: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None) -> Optional[ModuleSpec]:
        """The import system's question; None leaves it to others."""
        if self._only is not None and fullname not in self._only:
            return None
        place = os.path.join(COMPAT_FOLDER, *fullname.split("."))
        if os.path.isfile(f"{place}.py"):
            return importlib.util.spec_from_file_location(fullname, f"{place}.py")
        if not os.path.isdir(place):
            return None
        initial = os.path.join(place, "__init__.py")
        if os.path.isfile(initial):
            return importlib.util.spec_from_file_location(fullname, initial, submodule_search_locations=[place])
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [place]
        return spec


def install_compat() -> None:
    """Adds the finders to the import system, once."""
    if any(isinstance(finder, CompatFinder) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, CompatFinder(_ALWAYS_OURS))
    sys.meta_path.append(CompatFinder())
