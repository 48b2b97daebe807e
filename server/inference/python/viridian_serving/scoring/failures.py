"""What went wrong with a script, in a form that people and the control plane can read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Optional

#: gunicorn's status for "the worker did not boot", with which the original ends when a script does not load.
EXIT_SCRIPT_FAILED = 3

#: The last line on stderr starts with this; the rest of it is one JSON object, see `Failure.as_dict`.
FAILURE_PREFIX = "viridian-failure:"

#: Bytes; what reads a console cuts lines at 16 KiB.
_LINE_LIMIT = 15_000

SCRIPT_INVALID = "deployment.script_invalid"
SCRIPT_FAILED = "deployment.script_failed"
IMPORT_MISSING = "deployment.import_missing"
MODEL_NOT_LOADABLE = "deployment.model_not_loadable"
MODEL_VERSION_MISMATCH = "deployment.model_version_mismatch"
OUT_OF_MEMORY = "deployment.out_of_memory"


@dataclass(frozen=True)
class Failure:
    """Why a script cannot serve. `line` and `column` count from 1; `traceback` never goes to a caller of the endpoint."""

    code: str
    detail: str
    file: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    source: Optional[str] = None
    traceback: Optional[str] = None

    def as_dict(self) -> dict[str, Any]:
        """The failure as it is printed: without the fields that hold nothing."""
        return {key: value for key, value in asdict(self).items() if value is not None}


class ScriptFailure(Exception):
    """Carries a Failure to the rim, which prints it and ends the process."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


def describe_for_people(failure: Failure) -> str:
    """Traceback, place and cause, in lines."""
    trace = f"{failure.traceback.rstrip()}\n\n" if failure.traceback else ""
    place = f"{failure.file}:{failure.line}: " if failure.file and failure.line else ""
    source = f"    {failure.source}\n" if failure.source else ""
    return f"{trace}{place}{failure.detail}\n{source}"


def machine_line(failure: Failure) -> str:
    """The failure for the control plane, as one line. The longest text is halved until the line is short enough to stay one in the log."""
    told = failure.as_dict()
    line = f"{FAILURE_PREFIX} {json.dumps(told)}"
    while len(line) > _LINE_LIMIT:
        name = max((name for name, value in told.items() if isinstance(value, str)), key=lambda name: len(told[name]))
        half = len(told[name]) // 2
        # The end of a traceback says most, the beginning of anything else.
        told[name] = f"…{told[name][-half:]}" if name == "traceback" else f"{told[name][:half]}…"
        line = f"{FAILURE_PREFIX} {json.dumps(told)}"
    return line
