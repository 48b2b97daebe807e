"""Which swagger documents a script has, and which one a caller gets."""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any, Callable, Optional

from . import failures
from .answers import Answer, error_answer, json_answer
from .failures import Failure, ScriptFailure
from .settings import ScoringSettings
from .swagger_documents import openapi_3, swagger_2
from .user_script import UserScript, is_schema_decorated

logger = logging.getLogger("azmlinfsrv.swagger")

_UNDESCRIBED = {"type": "object", "example": {}}

#: Version → (files in the app root that win, other names of the version).
_VERSIONS = {
    "2": (("swagger.json", "swagger2.json"), ("2.0",)),
    "3": (("swagger3.json",), ("3.0",)),
    "3.1": (("swagger3.1.json",), ()),
}
_ALIASES = {alias: version for version, (_, aliases) in _VERSIONS.items() for alias in (version, *aliases)}


class Swagger:
    """The documents of one script, made once."""

    def __init__(self, settings: ScoringSettings, script: UserScript) -> None:
        made = {version: _document(version, settings, script) for version in _VERSIONS}
        self._answers = {version: json_answer(document) for version, document in made.items() if document is not None}
        self._supported = ", ".join(self._answers)
        skipped = ", ".join(version for version, document in made.items() if document is None)
        if self._answers and skipped:
            words = "Swaggers are prepared for versions [%s] and skipped for versions [%s]."
            logger.info(words, self._supported, skipped)
        elif self._answers:
            logger.info("Swaggers are prepared for the following versions: [%s].", self._supported)
        else:
            logger.info("No swagger is prepared.")

    def answer(self, version: str) -> Answer:
        """The document of a version, or 404 with the versions that there are."""
        if version not in _ALIASES:
            return error_answer(404, f"Swagger version [{version}] is not valid. Supported versions: [{self._supported}].")
        answer = self._answers.get(_ALIASES[version])
        if answer is None:
            words = f"Swagger version [{version}] is not supported for the scoring script."
            return error_answer(404, f"{words} Supported swagger versions: [{self._supported}].")
        return Answer(answer.status, list(answer.headers), answer.body)


def _document(version: str, settings: ScoringSettings, script: UserScript) -> Optional[Any]:
    files, aliases = _VERSIONS[version]
    for file in files:
        written = _read_file(os.path.join(settings.app_root, file), version)
        if written:
            return written
    schemas = _schemas(script, (version, *aliases))
    if schemas is None:
        return None
    prefix = f"/{settings.service_path_prefix.strip('/')}" if settings.service_path_prefix else ""
    about = (settings.service_name, settings.service_version, prefix, *schemas)
    return swagger_2(*about) if version == "2" else openapi_3("3.0.3" if version == "3" else "3.1.0", *about)


def _schemas(script: UserScript, names: tuple[str, ...]) -> Optional[tuple[Any, Any]]:
    """Input and output; None when the sample types cannot be told in this version."""
    if not is_schema_decorated(script.run):
        return _UNDESCRIBED, _UNDESCRIBED
    schema_util = sys.modules["inference_schema.schema_util"]
    read: Callable[..., Any] = schema_util.get_supported_versions
    if not set(names) & set(read(script.run)):
        return None
    return schema_util.get_input_schema(script.run), schema_util.get_output_schema(script.run)


def _read_file(path: str, version: str) -> Optional[Any]:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ScriptFailure(Failure(failures.SCRIPT_INVALID, f"{path} is not JSON: {error}.", path)) from None
    logger.info("Loaded user's swagger file for version [%s] from %s", version, path)
    return content
