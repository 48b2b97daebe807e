"""The log as the original writes it, and what makes of the script's print() a line of it."""

from __future__ import annotations

import builtins
import functools
import json
import logging
import logging.config
import os
import sys
import time
from typing import Any

from .settings import ScoringSettings

_FORMAT = "%(asctime)s %(levelname).1s [%(process)d] %(name)s - %(message)s"

logger = logging.getLogger("azmlinfsrv")


class AMLLogFormatter(logging.Formatter):
    """Times in UTC with milliseconds behind a comma."""

    converter = time.gmtime

    def __init__(self, fmt: str = _FORMAT, datefmt: str | None = None, style: Any = "%") -> None:
        super().__init__(fmt=fmt, datefmt=datefmt, style=style)


def configure_logging(settings: ScoringSettings) -> None:
    """The user's logging.json (dictConfig) from the app root or beside the script; else the original's format on stdout.

    Raises ValueError or OSError when the user's file cannot be used.
    """
    folders = [settings.app_root]
    if settings.entry_script:
        folders.append(os.path.dirname(os.path.realpath(settings.script_path)))
    for folder in folders:
        path = os.path.join(folder, "logging.json")
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                logging.config.dictConfig(json.load(file))
            _enable_own_loggers()
            logger.info("Loaded logging config from %s", path)
            return
    _configure_default(settings.log_level)


def _enable_own_loggers() -> None:
    """dictConfig switches off every logger that the file does not name, unless it says otherwise."""
    for name, existing in logging.Logger.manager.loggerDict.items():
        if name.startswith("azmlinfsrv") and isinstance(existing, logging.Logger):
            existing.disabled = False


def _configure_default(level: str) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(AMLLogFormatter())
    logger.handlers = [handler]
    logger.propagate = False
    number = getattr(logging, level.upper(), None)
    logger.setLevel(number if isinstance(number, int) else logging.INFO)


def redirect_print() -> None:
    """print() to stdout becomes a line of the logger azmlinfsrv.print, as in the original; other files are left alone."""
    printed = logging.getLogger("azmlinfsrv.print")
    plain = builtins.print

    @functools.wraps(plain)
    def print_to_logger(*objects: Any, sep: Any = " ", end: Any = "\n", file: Any = None, flush: bool = False) -> None:
        target = file or sys.stdout
        if target is sys.stdout:
            # As an argument: text with a percent sign is not a format.
            printed.info("%s", (" " if sep is None else sep).join(map(str, objects)))
        else:
            plain(*objects, sep=sep, end=end, file=target, flush=flush)

    builtins.print = print_to_logger
