"""From settings to a script that is ready to score, with the start-up lines of the original."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
from dataclasses import dataclass
from typing import Optional, Sequence

from . import failures
from .compat_finder import install_compat
from .failures import Failure, ScriptFailure
from .loading_warnings import VersionMismatch, collect_version_mismatches
from .logs import configure_logging, redirect_print
from .runner import Runner, call_init, make_runner
from .scorer import Scorer
from .service import ScoringService
from .settings import ScoringSettings, SettingsError
from .swagger import Swagger
from .tree import list_folder
from .user_script import UserScript, load_script, raise_failure

logger = logging.getLogger("azmlinfsrv")
script_logger = logging.getLogger("azmlinfsrv.user_script")

_LISTED_FILES = 200


@dataclass(frozen=True)
class LoadedScript:
    """A script after its init(); `loop` is where an `async def init` ran."""

    script: UserScript
    loop: Optional[asyncio.AbstractEventLoop]
    mismatches: Sequence[VersionMismatch]


@dataclass(frozen=True)
class Prepared:
    """What serves: the service answers or asks for scoring, the runner scores on the main thread, with the scorer."""

    service: ScoringService
    scorer: Scorer
    runner: Runner


def start_logging(settings: ScoringSettings) -> None:
    """Sets up the log and print(). Raises ScriptFailure when the user's logging.json cannot be used."""
    # A logging.json may name the original's formatter.
    install_compat()
    try:
        configure_logging(settings)
    except (ValueError, OSError, TypeError, AttributeError, ImportError, KeyError) as error:
        raise ScriptFailure(Failure(failures.SCRIPT_INVALID, f"logging.json cannot be used: {error}.")) from None
    # Says where a crash in compiled code happened.
    faulthandler.enable()
    redirect_print()
    if settings.unknown_keys:
        logger.warning(
            "Found extra keys in the config file that are not supported by the server.\nExtra keys = %s",
            list(settings.unknown_keys),
        )


def load(settings: ScoringSettings) -> LoadedScript:
    """Imports the script and calls its init(). Raises ScriptFailure."""
    script = load_script(settings)
    script_logger.info("Invoking user's init function")
    with collect_version_mismatches() as mismatches:
        try:
            loop = call_init(script.init)
        except BaseException as error:
            _list_model_folder(settings)
            raise_failure(error, "init()", settings, mismatches)
    script_logger.info("Users's init has completed successfully")
    for mismatch in mismatches:
        logger.warning("The model was %s. It may fail or give other results: pin the version that it was saved with.", mismatch)
    return LoadedScript(script, loop, tuple(mismatches))


def prepare(settings: ScoringSettings, loaded: LoadedScript) -> Prepared:
    """Makes what serves a loaded script. Raises ScriptFailure when a swagger file of the user's is broken."""
    if settings.cors_origins:
        logger.info("Enabling CORS for the following origins: %s", ", ".join(settings.cors_origins))
    swagger = Swagger(settings, loaded.script)
    scorer = Scorer(settings, loaded.script, loaded.mismatches)
    if loaded.script.run_batch:
        logger.info("run_batch() is there. Requests that wait are scored together, %d at most.", settings.max_batch)
    logger.info("Scoring timeout is set to %d", settings.scoring_timeout_ms)
    return Prepared(ScoringService(settings, swagger), scorer, make_runner(scorer, loaded.loop, settings.max_batch))


def announce_ready() -> None:
    """The line that the original writes once a worker serves."""
    logger.info("Worker with pid %d ready for serving traffic", os.getpid())


def settings_failure(error: SettingsError) -> Failure:
    """Settings that cannot be used, as a failure of the deployment."""
    lines = "\n".join(f"{name}: {words} (environment variable: {name})" for name, words in error.problems)
    return Failure(failures.SCRIPT_INVALID, f"Configuration error. {lines}")


def _list_model_folder(settings: ScoringSettings) -> None:
    if settings.model_dir and os.path.exists(settings.model_dir):
        logger.info("Model Directory Contents:\n%s", list_folder(settings.model_dir, _LISTED_FILES))
