"""Failures that end the process, with the statuses of sysexits.h by which the control plane tells that another start would end in the same way."""

from __future__ import annotations

#: EX_DATAERR: the model or the script is no good.
EXIT_BAD_DATA = 65

#: EX_CONFIG: somebody has to change a setting first.
EXIT_CONFIG = 78


class StartFailure(Exception):
    """The server cannot serve what it was given. The message is the last line on stderr; `exit_status` is what the process ends with."""

    def __init__(self, message: str, exit_status: int = EXIT_BAD_DATA) -> None:
        super().__init__(message)
        self.exit_status = exit_status


class SettingFailure(StartFailure):
    """A setting cannot be used."""

    def __init__(self, message: str) -> None:
        super().__init__(message, EXIT_CONFIG)
