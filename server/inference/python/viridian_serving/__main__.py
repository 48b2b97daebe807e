"""`python -m viridian_serving --kind mlflow --model-dir DIR --port 5001`; everything can come from the environment instead."""

from __future__ import annotations

import argparse
import os
import sys
from typing import List, Optional

from .app import App
from .failures import StartFailure
from .scoring.cli import add_options, read_sample, run_tool, take_script
from .server import serve
from .settings import KINDS, ServerSettings, read_model_settings, read_server_settings

#: Option → environment variable. The environment is what every part of the server (and the user's own code) reads.
_OPTIONS = {
    "kind": "VIRIDIAN_SERVING_KIND",
    "host": "VIRIDIAN_SERVING_HOST",
    "port": "PORT",
    "workers": "WORKER_COUNT",
    "model_dir": "AZUREML_MODEL_DIR",
    "entry_script": "AZUREML_ENTRY_SCRIPT",
    "app_root": "AML_APP_ROOT",
    "event_loop": "VIRIDIAN_SERVING_EVENT_LOOP",
}


def main(arguments: Optional[List[str]] = None) -> int:
    """Serves until told to stop; the returned number is the exit status of the process."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _take_options(arguments)
    try:
        status = run_tool(options, os.environ, arguments)
        if status is not None:
            return status
        settings = read_server_settings(os.environ)
        # Numeric libraries read this once, when they are imported, which is later.
        os.environ.setdefault("OMP_NUM_THREADS", str(settings.threads))
        app = create_app(settings)
        return _check(app, options) if options.check else serve(app, settings)
    except StartFailure as failure:
        print(failure, file=sys.stderr, flush=True)
        return failure.exit_status


def _check(app: App, options: argparse.Namespace) -> int:
    from .check_model import run_check

    return run_check(app, read_sample(options.sample), options.sample_type)


def create_app(settings: ServerSettings) -> App:
    """The application of a kind. Imported here, so that a kind costs the memory of its own modules only."""
    if settings.kind == "scoring":
        from .scoring.scoring_app import ScoringApp

        return ScoringApp(os.environ)
    from .models.model_app import ModelApp

    return ModelApp(settings.kind, read_model_settings(os.environ), settings)


def _take_options(arguments: List[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="viridian_serving", description="Serves a model over HTTP.")
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", help="TCP port; 0 takes a free one and prints it")
    parser.add_argument("--workers", help="worker processes")
    parser.add_argument("--model-dir", help="folder of the model")
    parser.add_argument("--entry-script", help="scoring script, relative to the app root or absolute")
    parser.add_argument("--app-root", help="folder of the scoring script")
    parser.add_argument("--event-loop", choices=("auto", "uvloop", "asyncio"))
    add_options(parser)
    options = parser.parse_args(arguments)
    for option, variable in _OPTIONS.items():
        value = getattr(options, option)
        if value is not None:
            os.environ[variable] = value
    take_script(options, os.environ)
    if "VIRIDIAN_SERVING_KIND" not in os.environ:
        kind = _kind_of_folder(os.environ.get("AZUREML_MODEL_DIR", ""))
        if kind is not None:
            os.environ["VIRIDIAN_SERVING_KIND"] = kind
    return options


def _kind_of_folder(model_dir: str) -> Optional[str]:
    """What a model is by its files, where nobody says it; None where they do not tell."""
    if model_dir.endswith(".onnx"):
        return "onnx"
    if not os.path.isdir(model_dir):
        return None
    names = [name for parent in _folder_and_below(model_dir) for name in os.listdir(parent)]
    if "MLmodel" in names:
        return "mlflow"
    return "onnx" if any(name.endswith(".onnx") for name in names) else None


def _folder_and_below(folder: str) -> List[str]:
    return [folder, *(entry.path for entry in os.scandir(folder) if entry.is_dir())]


if __name__ == "__main__":
    # `exit` in the worker must not run what libraries registered for the parent, and a stuck thread of a library must not keep the process.
    sys.stdout.flush()
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
