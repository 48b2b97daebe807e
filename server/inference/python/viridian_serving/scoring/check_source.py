"""Looks at a script without running it: does it compile, and are init() and run() there."""

from __future__ import annotations

import ast
import importlib.util
from typing import Optional

from . import failures
from .failures import Failure

_PURPOSES = {"init": "loads the model once, before the first request", "run": "answers each request"}


def missing_function(name: str, path: str) -> Failure:
    """The failure of a script without `init` or `run`."""
    detail = f"The script does not have a {name}() function defined, which {_PURPOSES[name]}."
    return Failure(failures.SCRIPT_INVALID, detail, path)


def check_file(path: str) -> Optional[Failure]:
    """What is wrong with the script in a file, or None. The file is compiled, never run."""
    try:
        with open(path, "rb") as file:
            source = importlib.util.decode_source(file.read())
    except OSError as error:
        return Failure(failures.SCRIPT_INVALID, f"The script cannot be read: {error.strerror}.", path)
    except (SyntaxError, UnicodeDecodeError) as error:
        return Failure(failures.SCRIPT_INVALID, f"The script is not UTF-8 text: {error}.", path)
    return check_source(source, path)


def check_source(source: str, path: str) -> Optional[Failure]:
    """What is wrong with a script, or None.

    An imported name counts as defined, and so does anything where names are made while the script runs.
    """
    try:
        tree = ast.parse(source, filename=path)
        compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        text = (error.text or "").strip() or None
        detail = f"Syntax error: {error.msg}."
        return Failure(failures.SCRIPT_INVALID, detail, path, error.lineno, error.offset, text)
    except ValueError as error:
        return Failure(failures.SCRIPT_INVALID, f"The script cannot be read: {error}.", path)
    defined = _defined_names(tree)
    missing = [name for name in _PURPOSES if name not in defined]
    return missing_function(missing[0], path) if missing and "*" not in defined else None


def _defined_names(tree: ast.Module) -> set[str]:
    """Names that any statement may bind on the module's level: definitions, imports, assignments, also under `if` and `try`."""
    names: set[str] = set()
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Call) and _is_globals_update(node):
            names.add("*")
        todo.extend(ast.iter_child_nodes(node))
    return names


def _is_globals_update(node: ast.Call) -> bool:
    return any(isinstance(part, ast.Name) and part.id in ("globals", "exec", "setattr") for part in ast.walk(node.func))
