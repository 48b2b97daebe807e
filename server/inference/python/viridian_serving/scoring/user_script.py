"""The user's script as functions that can be called: found, imported, and its run() understood."""

from __future__ import annotations

import importlib.util
import inspect
import logging
import os
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Callable, Optional

from . import failures
from .check_source import missing_function
from .explain import Circumstances, explain_exception
from .failures import Failure, ScriptFailure
from .inputs import Call, InputReader, read_object_input, read_raw_input, read_string_input
from .loading_warnings import VersionMismatch, collect_version_mismatches
from .raw_calls import make_raw_request, raw_http_requested
from .settings import ScoringSettings

logger = logging.getLogger("azmlinfsrv.user_script")

#: The name under which the original loads the script; classes of it are pickled under this name.
_MODULE_NAME = "entry_module"


@dataclass(frozen=True)
class UserScript:
    """A script that can be called. `style` is `string`, `object` or `raw`."""

    path: str
    init: Callable[[], Any]
    run: Callable[..., Any]
    run_batch: Optional[Callable[[list[Any]], Any]]
    style: str
    read_input: InputReader
    takes_headers: bool
    code_folders: tuple[str, ...]

    @property
    def is_async(self) -> bool:
        """Whether run() is a coroutine function or an asynchronous generator."""
        plain = inspect.unwrap(self.run)
        return any(check(function) for check in _ASYNC_CHECKS for function in (self.run, plain))

    def call_run(self, arguments: dict[str, Any], call: Call) -> Any:
        """Calls run(); what it returns may be awaitable or a generator."""
        if self.takes_headers:
            return self.run(**arguments, request_headers=header_dict(call))
        return self.run(**arguments)


_ASYNC_CHECKS = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)


def header_dict(call: Call) -> dict[str, str]:
    """`request_headers`: names in title case, repeated fields joined by commas, as WSGI servers hand them on."""
    headers: dict[str, str] = {}
    for name, value in call.headers:
        name = name.title()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def load_script(settings: ScoringSettings) -> UserScript:
    """Imports the entry script and looks at its run(). Raises ScriptFailure."""
    path = settings.script_path
    folders = code_folders(settings)
    _check_readable(path, settings)
    extend_path(settings)
    with collect_version_mismatches() as mismatches:
        try:
            module = _import_file(path)
        except BaseException as error:
            raise_failure(error, "the import of the script", settings, mismatches)
    for name in ("init", "run"):
        if not callable(getattr(module, name, None)):
            raise ScriptFailure(missing_function(name, path))
    run_module = _behind_driver(module)
    logger.info("Found user script at %s", run_module.__file__)
    return _analyse(path, module.init, run_module.run, getattr(run_module, "run_batch", None), folders)


def raise_failure(error: BaseException, doing: str, settings: ScoringSettings, mismatches: list[VersionMismatch]) -> None:
    """Raises the ScriptFailure that explains `error`; a keyboard interrupt goes on as it is."""
    if isinstance(error, KeyboardInterrupt):
        raise error
    about = Circumstances(doing, code_folders(settings), settings.model_dir, mismatches)
    raise ScriptFailure(explain_exception(error, about)) from error


def code_folders(settings: ScoringSettings) -> tuple[str, ...]:
    """Where the user's own code lies."""
    folders = [settings.app_root, os.path.dirname(settings.script_path)]
    return tuple(dict.fromkeys(os.path.realpath(folder) for folder in folders))


def extend_path(settings: ScoringSettings) -> None:
    """Appends what the original appends to sys.path: the app root, and the source folder in it."""
    wanted = [settings.app_root]
    if settings.source_directory:
        wanted.append(os.path.join(settings.app_root, settings.source_directory))
    sys.path.extend(folder for folder in wanted if folder not in sys.path)


def _check_readable(path: str, settings: ScoringSettings) -> None:
    try:
        with open(path, "rb"):
            return
    except OSError as error:
        raise ScriptFailure(_missing_script(path, error, settings)) from None


def _missing_script(path: str, error: OSError, settings: ScoringSettings) -> Failure:
    folder = os.path.dirname(path)
    named = "" if settings.entry_script else " AZUREML_ENTRY_SCRIPT names no script, so main.py was looked for."
    if not os.path.isdir(folder):
        return Failure(failures.SCRIPT_INVALID, f"There is no folder {folder}.{named}")
    there = ", ".join(sorted(os.listdir(folder))) or "nothing"
    return Failure(failures.SCRIPT_INVALID, f"There is no script {path} ({error.strerror}).{named} The folder holds: {there}.")


def _import_file(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(_MODULE_NAME, path)
    if spec is None or spec.loader is None:
        failure = Failure(failures.SCRIPT_INVALID, f"{path} is not a Python file: its name has to end with .py.", path)
        raise ScriptFailure(failure)
    module = importlib.util.module_from_spec(spec)
    # Unlike the original's: dataclasses and pickle look a class's module up by its name.
    sys.modules[_MODULE_NAME] = module
    spec.loader.exec_module(module)
    return module


def _behind_driver(module: ModuleType) -> ModuleType:
    """The module whose run() is called: generated driver scripts keep the real one in `driver_module`; init() stays theirs."""
    inner = getattr(module, "driver_module", None)
    return inner if isinstance(inner, ModuleType) and hasattr(inner, "run") else module


def _analyse(path: str, init: Any, run: Any, run_batch: Any, folders: tuple[str, ...]) -> UserScript:
    parameters = list(inspect.signature(run).parameters.values())
    _check_parameters(parameters, path, run)
    data = [parameter for parameter in parameters if parameter.name != "request_headers"]
    style, reader = _choose_style(run, data, path)
    return UserScript(
        path=path,
        init=init,
        run=run,
        run_batch=run_batch if callable(run_batch) else None,
        style=style,
        read_input=reader,
        takes_headers=len(data) != len(parameters),
        code_folders=folders,
    )


def _check_parameters(parameters: list[inspect.Parameter], path: str, run: Any) -> None:
    allowed = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    problem = None
    if any(parameter.kind not in allowed for parameter in parameters):
        problem = "run() cannot accept positional-only arguments, *args, or **kwargs."
    elif not parameters:
        problem = "run() needs to accept an argument for input data."
    elif all(parameter.name == "request_headers" for parameter in parameters):
        problem = 'run() needs to accept an argument other than "request_headers".'
    if problem:
        raise ScriptFailure(Failure(failures.SCRIPT_INVALID, problem, path, _line_of(run)))


def _line_of(function: Any) -> Optional[int]:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code.co_firstlineno if code else None


def _choose_style(run: Any, data: list[inspect.Parameter], path: str) -> tuple[str, InputReader]:
    raw = raw_http_requested()
    described = is_schema_decorated(run)
    if raw and described:
        words = "run() cannot be decorated with both @rawhttp and @input_schema"
        raise ScriptFailure(Failure(failures.SCRIPT_INVALID, words, path, _line_of(run)))
    if raw:
        logger.info("run() is decorated with @rawhttp. Server will invoke it with the request object.")
        return "raw", read_raw_input(data[0].name, make_raw_request)
    if described:
        names = ", ".join(parameter.name for parameter in data)
        words = "run() is decorated with @input_schema. Server will invoke it with the following arguments: %s."
        logger.info(words, names)
        return "object", read_object_input(data)
    logger.info("run() is not decorated. Server will invoke it with the input in JSON string.")
    return "string", read_string_input(data[0].name)


def is_schema_decorated(run: Any) -> bool:
    """Asks inference_schema, the real one or the stand-in; a script that did not import it is not decorated."""
    schema_util = sys.modules.get("inference_schema.schema_util")
    return schema_util is not None and bool(schema_util.is_schema_decorated(run))
