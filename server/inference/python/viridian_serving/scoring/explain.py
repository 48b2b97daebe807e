"""From an exception of a script to a cause in words: what happened, where, and what to do."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import linecache
import os
import re
import traceback
from dataclasses import dataclass
from types import TracebackType
from typing import Optional, Sequence

from . import failures
from .failures import Failure
from .loading_warnings import VersionMismatch
from .packages import library_advice, package_of
from .tree import list_folder

_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

#: Modules through which models are read: an exception that passed through one of them is about the model.
_MODEL_READERS = (
    "_pickle",
    "catboost",
    "cloudpickle",
    "dill",
    "joblib",
    "keras",
    "lightgbm",
    "mlflow",
    "onnxruntime",
    "pickle",
    "skops",
    "tensorflow",
    "torch.jit",
    "torch.serialization",
    "xgboost",
)

#: Calls that read models in compiled code, which leaves no frame of its own.
_READING_CALL = re.compile(r"\b(pickle|cloudpickle|dill|joblib)\.load|\bUnpickler\(|\bload_model\(|InferenceSession\(|torch\.load\(")

_MODEL_SUFFIXES = (".pkl", ".pickle", ".joblib", ".onnx", ".pt", ".pth", ".h5", ".keras", ".bin", ".safetensors", ".model", ".cbm", ".ubj", ".bst")

_IMPORT_STATEMENT = re.compile(r"\s*(?:from|import)\s+([\w.]+)")

_LISTED_FILES = 40


@dataclass(frozen=True)
class Place:
    """A line of the user's own code."""

    file: str
    line: int
    source: str

    def __str__(self) -> str:
        return f"{os.path.basename(self.file)}:{self.line}"


@dataclass(frozen=True)
class Circumstances:
    """What is known about the moment of a failure. `doing` ends the sentence "… failed while …", such as `init()`."""

    doing: str
    code_folders: Sequence[str]
    model_dir: str
    mismatches: Sequence[VersionMismatch] = ()


def explain_exception(error: BaseException, about: Circumstances) -> Failure:
    """Names the cause of an exception that the script raised while it was imported or set up."""
    place = find_place(error, about.code_folders)
    code, detail = _explain(error, about)
    return Failure(
        code,
        detail,
        file=place.file if place else None,
        line=place.line if place else None,
        column=error.offset if isinstance(error, SyntaxError) else None,
        source=place.source if place else None,
        traceback=format_user_traceback(error),
    )


def find_place(error: BaseException, code_folders: Sequence[str]) -> Optional[Place]:
    """The deepest line of the user's code that the exception passed, or the line that does not compile."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return Place(error.filename, error.lineno, (error.text or "").strip())
    roots = [os.path.realpath(folder) + os.sep for folder in code_folders]
    found = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = os.path.realpath(frame.f_code.co_filename)
        if any(file.startswith(root) for root in roots) and not _is_library(file):
            found = Place(file, line, linecache.getline(file, line).strip())
    return found


def format_user_traceback(error: BaseException) -> str:
    """The traceback from the first frame that is not the server's or the import system's."""
    start: Optional[TracebackType] = error.__traceback__
    while start is not None and _is_plumbing(start.tb_frame.f_code.co_filename):
        start = start.tb_next
    return "".join(traceback.format_exception(type(error), error, start or error.__traceback__))


def _is_plumbing(file: str) -> bool:
    return file.startswith("<frozen importlib") or os.path.abspath(file).startswith(_OWN_FOLDER + os.sep)


def _is_library(file: str) -> bool:
    return f"{os.sep}site-packages{os.sep}" in file or f"{os.sep}dist-packages{os.sep}" in file


def _explain(error: BaseException, about: Circumstances) -> tuple[str, str]:
    if isinstance(error, SyntaxError):
        return failures.SCRIPT_INVALID, f"Syntax error: {error.msg}."
    if isinstance(error, MemoryError):
        return failures.OUT_OF_MEMORY, f"Memory ran out in {about.doing}. Choose a larger instance type."
    if isinstance(error, SystemExit):
        return failures.SCRIPT_FAILED, f"The script ended the process in {about.doing} with sys.exit({error.code!r})."
    reading_model = _is_reading_model(error)
    if isinstance(error, ImportError):
        return _explain_import(error, about, reading_model)
    if isinstance(error, OSError) and error.filename is not None:
        return _explain_file(error, about)
    if reading_model:
        return _explain_unreadable_model(error, about)
    if isinstance(error, TypeError) and "NoneType" in str(error) and not about.model_dir:
        words = "AZUREML_MODEL_DIR is not set, because this deployment has no model. Choose a model, or do not read the variable."
        return failures.SCRIPT_FAILED, f"{about.doing} raised {_quote(error)}. {words}"
    return failures.SCRIPT_FAILED, f"{about.doing} raised {_quote(error)}.{_mismatch_words(about)}"


def _explain_import(error: ImportError, about: Circumstances, reading_model: bool) -> tuple[str, str]:
    advice = library_advice(str(error))
    if advice is not None:
        return failures.IMPORT_MISSING, f"{_quote(error)}. {advice}."
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        name = package_of(error.name) if error.name else "the package"
        words = f"The installed version of {name}{_installed(name)} does not fit the script: pin the one that it was written for."
        return failures.IMPORT_MISSING, f"{_quote(error)}. {words}"
    top = error.name.split(".")[0]
    package = package_of(_imported_module(error))
    if reading_model and top != error.name and _exists(top):
        words = f"The model was saved with another version of {package}: it needs {error.name}, which {package}{_installed(package)} does not have."
        return failures.MODEL_VERSION_MISMATCH, f"{words} Pin the version that the model was saved with.{_mismatch_words(about)}"
    whose = "The model" if reading_model else "The script"
    own = not reading_model and package == package_of(top) == top.replace("_", "-")
    local = f", or the file {top}.py to the code folder if it is your own module" if own else ""
    return (
        failures.IMPORT_MISSING,
        f"{whose} needs the module {error.name!r}, which is not installed. Add the package {package} to the environment{local}.",
    )


def _imported_module(error: ModuleNotFoundError) -> str:
    """The module that the import statement names: the exception names only the first part of it that was not found."""
    missing = error.name or ""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        statement = _IMPORT_STATEMENT.match(linecache.getline(frame.f_code.co_filename, line))
        if statement and statement.group(1).startswith(missing):
            return statement.group(1)
    return missing


def _explain_file(error: OSError, about: Circumstances) -> tuple[str, str]:
    path = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else str(error.filename)
    what = "There is no" if isinstance(error, FileNotFoundError) else f"{error.strerror}:"
    detail = f"{what} {path}."
    if about.model_dir and os.path.isdir(about.model_dir):
        listing = list_folder(about.model_dir, _LISTED_FILES)
        detail += f" AZUREML_MODEL_DIR is {about.model_dir} and holds:\n{listing}"
    elif not about.model_dir:
        detail += " AZUREML_MODEL_DIR is not set: this deployment has no model."
    else:
        detail += f" AZUREML_MODEL_DIR is {about.model_dir}, which is not a folder."
    return (failures.MODEL_NOT_LOADABLE if _is_model_file(path, about.model_dir) else failures.SCRIPT_FAILED), detail


def _is_model_file(path: str, model_dir: str) -> bool:
    inside = bool(model_dir) and os.path.realpath(path).startswith(os.path.realpath(model_dir))
    return inside or path.lower().endswith(_MODEL_SUFFIXES)


def _explain_unreadable_model(error: BaseException, about: Circumstances) -> tuple[str, str]:
    if about.mismatches:
        return failures.MODEL_VERSION_MISMATCH, f"The model does not load: {_quote(error)}.{_mismatch_words(about)}"
    text = str(error)
    if isinstance(error, AttributeError) and "__main__" in text:
        words = "It was pickled from a notebook or a program's main file. Move what it needs to a module of the code folder and save it again."
    elif isinstance(error, AttributeError) or "code() argument" in text or "code expected at" in text:
        return failures.MODEL_VERSION_MISMATCH, (
            f"The model does not load: {_quote(error)}. It was saved with another version of Python or of its libraries: "
            "pin the versions that it was saved with."
        )
    else:
        words = "See that the file is whole and of the kind that the script expects."
    return failures.MODEL_NOT_LOADABLE, f"The model does not load: {_quote(error)}. {words}"


def _is_reading_model(error: BaseException) -> bool:
    if type(error).__name__ == "UnpicklingError":
        return True
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = frame.f_globals.get("__name__", "")
        if any(module == reader or module.startswith(f"{reader}.") for reader in _MODEL_READERS):
            return True
        if _READING_CALL.search(linecache.getline(frame.f_code.co_filename, line)):
            return True
    return False


def explain_run_error(error: BaseException, code_folders: Sequence[str], how: str = "", function: str = "run()") -> Failure:
    """What a request met in the script: one sentence for the log, with the line of the user's code. `how` replaces "raised …"."""
    place = find_place(error, code_folders)
    where = f" at {place}: `{place.source}`" if place else ""
    detail = f"{function} {how or f'raised {_quote(error)}'}{where}."
    code = failures.OUT_OF_MEMORY if isinstance(error, MemoryError) else failures.SCRIPT_FAILED
    trace = format_user_traceback(error)
    if place is None:
        return Failure(code, detail, traceback=trace)
    return Failure(code, detail, place.file, place.line, source=place.source, traceback=trace)


def _mismatch_words(about: Circumstances) -> str:
    if not about.mismatches:
        return ""
    told = "; ".join(str(mismatch) for mismatch in about.mismatches)
    first = about.mismatches[0]
    return f" The model was {told}. Pin {first.package}=={first.saved_with} in the environment, or save the model again."


def _quote(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _installed(package: str) -> str:
    try:
        return f" {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return ""


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
