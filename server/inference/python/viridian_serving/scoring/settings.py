"""Settings of the scoring-script server: the original server's environment variables, its config file, and a few of our own.

Priority, as the original's: command line (already written into the environment by the caller), environment, config file, default.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional

DEFAULT_APP_ROOT = "/var/azureml-app"


class SettingsError(Exception):
    """One or more settings cannot be used. `problems` holds (variable, what is wrong) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {words}" for name, words in problems))
        self.problems = problems


@dataclass(frozen=True)
class ScoringSettings:
    """What a scoring server needs to know; times in milliseconds."""

    app_root: str = DEFAULT_APP_ROOT
    entry_script: Optional[str] = None
    source_directory: Optional[str] = None
    model_dir: str = ""
    service_name: str = "ML service"
    service_version: str = "1.0"
    service_path_prefix: str = ""
    scoring_timeout_ms: int = 3_600_000
    log_level: str = "INFO"
    cors_origins: tuple[str, ...] = ()
    server_version: str = ""
    worker_count: int = 1
    worker_preload: bool = False
    max_batch: int = 64
    debug_port: Optional[int] = None
    config_file: Optional[str] = None
    unknown_keys: tuple[str, ...] = field(default=())

    @property
    def script_path(self) -> str:
        """Where the entry script lies; `main.py` of the app root when none is named."""
        return os.path.join(self.app_root, self.entry_script or "main.py")


#: Environment variable → name of the field. The same names are the keys of the config file.
_TEXT = {
    "AML_APP_ROOT": "app_root",
    "AZUREML_ENTRY_SCRIPT": "entry_script",
    "AZUREML_SOURCE_DIRECTORY": "source_directory",
    "AZUREML_MODEL_DIR": "model_dir",
    "SERVICE_NAME": "service_name",
    "SERVICE_VERSION": "service_version",
    "SERVICE_PATH_PREFIX": "service_path_prefix",
    "AZUREML_LOG_LEVEL": "log_level",
}

_INTEGERS = {
    "SCORING_TIMEOUT_MS": ("scoring_timeout_ms", 0),
    "WORKER_COUNT": ("worker_count", 1),
    "AZUREML_DEBUG_PORT": ("debug_port", 1),
    "VIRIDIAN_MAX_BATCH": ("max_batch", 1),
}

#: Known to the original, read elsewhere or without effect here; not worth a warning in a config file.
_OTHER_KNOWN = {
    "AML_APP_INSIGHTS_ENABLED",
    "AML_APP_INSIGHTS_KEY",
    "AML_CORS_ORIGINS",
    "AML_MODEL_DC_STORAGE_ENABLED",
    "APP_INSIGHTS_LOG_RESPONSE_ENABLED",
    "HOSTNAME",
    "WORKER_PRELOAD",
    "WORKER_TIMEOUT",
    "WORKSPACE_NAME",
}


def read_settings(environ: Mapping[str, str], server_version: str = "") -> ScoringSettings:
    """Reads the settings from the environment and the config file.

    `server_version` is what `x-ms-server-version` says unless SERVER_VERSION_LOG_RESPONSE_ENABLED switches the header off.
    Raises SettingsError.
    """
    config_file = find_config_file(environ)
    from_file = _read_config_file(config_file) if config_file else {}
    merged = {**{key: str(value) for key, value in from_file.items() if value is not None}, **environ}
    values: dict[str, Any] = {name: merged[key] for key, name in _TEXT.items() if key in merged}
    problems: list[tuple[str, str]] = []
    for key, (name, least) in _INTEGERS.items():
        if key in merged:
            _read_integer(key, merged[key], least, name, values, problems)
    if problems:
        raise SettingsError(problems)
    origins = merged.get("AML_CORS_ORIGINS", "")
    known = {*_TEXT, *_INTEGERS, *_OTHER_KNOWN}
    return ScoringSettings(
        **values,
        cors_origins=tuple(origin.strip() for origin in origins.split(",") if origin.strip()),
        server_version=_shown_version(merged, server_version),
        worker_preload=merged.get("WORKER_PRELOAD", "").lower() == "true",
        config_file=config_file,
        unknown_keys=tuple(key for key in from_file if key not in known),
    )


def find_config_file(environ: Mapping[str, str]) -> Optional[str]:
    """AZUREML_CONFIG_FILE, else `config.json` in the app root or beside the entry script; empty files do not count."""
    script = environ.get("AZUREML_ENTRY_SCRIPT")
    folders = [environ.get("AML_APP_ROOT", DEFAULT_APP_ROOT)]
    if script:
        folders.append(os.path.dirname(os.path.abspath(script)))
    candidates = [environ.get("AZUREML_CONFIG_FILE"), *(os.path.join(folder, "config.json") for folder in folders)]
    for path in candidates:
        if path and os.path.isfile(path) and os.path.getsize(path) > 0:
            return path
    return None


def _read_config_file(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError) as error:
        raise SettingsError([("AZUREML_CONFIG_FILE", f"{path} cannot be read: {error}")]) from None
    if not isinstance(content, dict):
        raise SettingsError([("AZUREML_CONFIG_FILE", f"{path} has to hold one JSON object")])
    return content


def _read_integer(key: str, text: str, least: int, name: str, values: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    try:
        number = int(text)
    except ValueError:
        problems.append((key, f"{text!r} is not a whole number"))
        return
    if number < least:
        problems.append((key, f"{number} is less than {least}"))
        return
    values[name] = number


def _shown_version(merged: Mapping[str, str], server_version: str) -> str:
    if merged.get("SERVER_VERSION_LOG_RESPONSE_ENABLED", "true").lower() != "true":
        return ""
    return merged.get("HTTP_X_MS_SERVER_VERSION", server_version)
