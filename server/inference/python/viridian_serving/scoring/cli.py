"""Options of the command line that are about scoring scripts, and the tools behind some of them."""

from __future__ import annotations

import argparse
import os
import sys
from typing import MutableMapping, Optional

from ..failures import StartFailure

_DEBUG_PORT = 5678


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of scoring scripts."""
    original = parser.add_argument_group("options of azmlinfsrv, under its names")
    original.add_argument("--entry_script", dest="azmlinfsrv_script", metavar="FILE", help="scoring script; the app root is the working directory")
    original.add_argument("--model_dir", dest="model_dir", metavar="DIR")
    original.add_argument("--worker_count", dest="workers", metavar="N")
    original.add_argument("--config_file", metavar="FILE", help="JSON file with settings")
    original.add_argument("--access_control_allow_origins", dest="cors_origins", metavar="LIST", help="origins for CORS, with commas")
    group = parser.add_argument_group("scoring scripts")
    group.add_argument("--script", metavar="FILE", help="scoring script; its folder becomes the app root unless one is given")
    local = parser.add_argument_group("work on a laptop")
    local.add_argument("--reload", action="store_true", help="start again whenever code or model files change")
    local.add_argument("--debug", nargs="?", const=_DEBUG_PORT, type=int, metavar="PORT", help="let an editor attach; needs debugpy")
    local.add_argument("--debug-wait", action="store_true", help="load nothing before an editor has attached")
    # Whoever restarts the server has printed how to attach before.
    local.add_argument("--debug-announced", action="store_true", help=argparse.SUPPRESS)
    group.add_argument("--syntax", metavar="FILE", help="only compile a script and print what is wrong with it, as JSON")
    group.add_argument("--check", action="store_true", help="load the script or model, score --sample once, print a report as JSON")
    group.add_argument("--sample", metavar="FILE", help="body of the request of --check; - reads standard input")
    group.add_argument("--sample-type", default="application/json", metavar="TYPE", help="content type of --sample")


def take_script(options: argparse.Namespace, environ: MutableMapping[str, str]) -> None:
    """Writes --script and the options of azmlinfsrv into the environment, from which everything else reads."""
    if options.config_file:
        environ["AZUREML_CONFIG_FILE"] = os.path.realpath(options.config_file)
    if options.cors_origins:
        environ["AML_CORS_ORIGINS"] = options.cors_origins
    script = options.script or options.azmlinfsrv_script
    if not script:
        return
    path = os.path.realpath(script)
    environ["AZUREML_ENTRY_SCRIPT"] = path
    environ.setdefault("AML_APP_ROOT", os.path.dirname(path) if options.script else os.getcwd())
    environ.setdefault("VIRIDIAN_SERVING_KIND", "scoring")


def run_tool(options: argparse.Namespace, environ: MutableMapping[str, str], arguments: list[str]) -> Optional[int]:
    """Does what --syntax, --check, --reload or --debug ask for; returns the exit status, or None when the server is to be started.

    `arguments` is the command line, with which --reload starts the server again. Models are checked by the caller. Raises StartFailure.
    """
    if options.syntax:
        # Imported here: other kinds of model do not need any of it.
        from .check import check_syntax, print_report

        return print_report(check_syntax(options.syntax), sys.stdout)
    is_script = environ.get("VIRIDIAN_SERVING_KIND") not in ("mlflow", "onnx")
    if options.check:
        return _check(options, environ) if is_script else None
    if options.reload:
        from ..reload import serve_with_reload

        return serve_with_reload(arguments, environ)
    if options.debug is not None or (is_script and environ.get("AZUREML_DEBUG_PORT")):
        _start_debugger(options, environ)
    return None


def _start_debugger(options: argparse.Namespace, environ: MutableMapping[str, str]) -> None:
    from .debugger import connect_debugger, listen_for_debugger
    from .failures import ScriptFailure
    from .scoring_app import start_failure

    try:
        if options.debug is None:
            connect_debugger(environ["AZUREML_DEBUG_PORT"])
        else:
            listen_for_debugger(options.debug, waits=options.debug_wait, is_announced=options.debug_announced)
    except ScriptFailure as error:
        raise start_failure(error.failure) from None


def _check(options: argparse.Namespace, environ: MutableMapping[str, str]) -> int:
    from .boot import settings_failure
    from .check import check_script, print_report
    from .scoring_app import start_failure
    from .settings import SettingsError, read_settings

    try:
        sample = read_sample(options.sample)
        settings = read_settings(environ)
    except OSError as error:
        raise StartFailure(f"--sample cannot be read: {error}") from None
    except SettingsError as error:
        raise start_failure(settings_failure(error)) from None
    # The report alone goes to stdout, whatever the script and what it starts write there.
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as stdout:
        os.dup2(2, 1)
        return print_report(check_script(settings, sample, options.sample_type), stdout)


def read_sample(path: Optional[str]) -> bytes:
    """The bytes of --sample; none without one. Raises OSError."""
    if path is None:
        return b""
    if path == "-":
        return sys.stdin.buffer.read()
    with open(path, "rb") as file:
        return file.read()
