"""Settings of the server around the models: where it listens, what it accepts, how many processes it has.

Every setting is an environment variable; the command line sets the same variables, so an image needs no arguments and a laptop no variables.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Mapping, Optional

from .failures import SettingFailure

KINDS = ("scoring", "mlflow", "onnx")
MIB = 1024 * 1024


@dataclass(frozen=True)
class ServerSettings:
    """Times in seconds, sizes in bytes."""

    kind: str
    host: str
    port: int
    workers: int
    #: Threads that numeric libraries may use in one worker.
    threads: int
    #: `auto` takes uvloop where it is installed, `asyncio` the loop of the standard library.
    event_loop: str
    max_head_bytes: int
    max_body_bytes: int
    keep_alive: float
    receive_timeout: float
    drain_timeout: float


def read_server_settings(environ: Mapping[str, str]) -> ServerSettings:
    """Reads the settings; raises SettingFailure, which names the variable."""
    workers = _whole(environ, "WORKER_COUNT", 1, 1, 1024)
    return ServerSettings(
        kind=_choice(environ, "VIRIDIAN_SERVING_KIND", None, KINDS),
        host=environ.get("VIRIDIAN_SERVING_HOST", "0.0.0.0"),
        port=read_port(environ),
        workers=workers,
        threads=_whole(environ, "OMP_NUM_THREADS", max(1, usable_cores() // workers), 1, 1024),
        event_loop=_choice(environ, "VIRIDIAN_SERVING_EVENT_LOOP", "auto", ("auto", "uvloop", "asyncio")),
        max_head_bytes=_whole(environ, "VIRIDIAN_SERVING_MAX_HEAD_BYTES", 32 * 1024, 1024, MIB),
        max_body_bytes=_whole(environ, "VIRIDIAN_SERVING_MAX_BODY_BYTES", 64 * MIB, 1024, 2**31 - 1),
        keep_alive=_whole(environ, "VIRIDIAN_SERVING_KEEP_ALIVE_MS", 300_000, 100, 3_600_000) / 1000,
        receive_timeout=_whole(environ, "VIRIDIAN_SERVING_RECEIVE_TIMEOUT_MS", 60_000, 100, 3_600_000) / 1000,
        drain_timeout=_whole(environ, "VIRIDIAN_SERVING_DRAIN_TIMEOUT_MS", 60_000, 0, 3_600_000) / 1000,
    )


def read_port(environ: Mapping[str, str]) -> int:
    """The TCP port to listen on; 0 takes a free one. Raises SettingFailure."""
    return _whole(environ, "PORT", 5001, 0, 65_535)


@dataclass(frozen=True)
class ModelSettings:
    """How the models of the kinds `mlflow` and `onnx` are served."""

    model_dir: str
    name: Optional[str]
    version: str
    #: `auto` follows the proof at load; `on` skips the proof; `off` does without.
    direct_path: str
    merging: str
    shortcut: str
    max_batch_rows: int
    max_queued_requests: int
    max_queued_bytes: int
    #: Where verdicts of proofs are kept between starts; None: nowhere.
    cache_dir: Optional[str]


def read_model_settings(environ: Mapping[str, str]) -> ModelSettings:
    """Reads the settings of a model server; raises SettingFailure, which names the variable."""
    model_dir = environ.get("AZUREML_MODEL_DIR", "")
    if not model_dir:
        raise SettingFailure("AZUREML_MODEL_DIR (or --model-dir) has to name the folder of the model")
    switch = ("auto", "on", "off")
    return ModelSettings(
        model_dir=model_dir,
        name=environ.get("VIRIDIAN_SERVING_MODEL_NAME") or None,
        version=environ.get("VIRIDIAN_SERVING_MODEL_VERSION") or "1",
        direct_path=_choice(environ, "VIRIDIAN_SERVING_DIRECT_PATH", "auto", ("auto", "off")),
        merging=_choice(environ, "VIRIDIAN_SERVING_MERGING", "auto", switch),
        shortcut=_choice(environ, "VIRIDIAN_SERVING_SHORTCUT", "auto", ("auto", "off")),
        max_batch_rows=_whole(environ, "VIRIDIAN_SERVING_MAX_BATCH_ROWS", 256, 1, 1_000_000),
        max_queued_requests=_whole(environ, "VIRIDIAN_SERVING_MAX_QUEUED_REQUESTS", 1024, 1, 1_000_000),
        max_queued_bytes=_whole(environ, "VIRIDIAN_SERVING_MAX_QUEUED_BYTES", 512 * MIB, MIB, 2**40),
        cache_dir=environ.get("VIRIDIAN_SERVING_CACHE_DIR") or None,
    )


def usable_cores() -> int:
    """Cores this process may run on; a container's or `taskset`'s share, not the machine's."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # Not on Linux.
        return os.cpu_count() or 1


def _whole(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name, "")
    if not text:
        return default
    try:
        number = int(text)
    except ValueError:
        raise SettingFailure(f"{name}: {text!r} is not a whole number") from None
    if not least <= number <= most:
        raise SettingFailure(f"{name}: {number} is not between {least} and {most}")
    return number


def _choice(environ: Mapping[str, str], name: str, default: Optional[str], choices: tuple) -> str:
    value = environ.get(name) or default
    if value not in choices:
        raise SettingFailure(f"{name} has to be one of {', '.join(choices)}" + (f", not {value!r}" if value else ""))
    return value
