"""What a scoring server prints before it loads the script."""

from __future__ import annotations

from typing import Mapping

from .settings import ScoringSettings

_NOT_HERE = "not available in this server"


def banner(settings: ScoringSettings, environ: Mapping[str, str], version: str) -> str:
    """Settings and routes, with the labels of the original."""
    port = environ.get("PORT", "5001")
    shown = {
        "Entry Script Name": settings.script_path,
        "Model Directory": settings.model_dir or None,
        "Config File": settings.config_file,
        "Worker Count": settings.worker_count,
        "Worker Timeout (seconds)": environ.get("WORKER_TIMEOUT"),
        "Server Port": port,
        "Health Port": port,
        "Application Insights Enabled": _NOT_HERE if environ.get("AML_APP_INSIGHTS_ENABLED") == "true" else "false",
        "Inferencing HTTP server version": settings.server_version or None,
        "CORS for the specified origins": ", ".join(settings.cors_origins) or None,
    }
    title = f"Viridian scoring server v{version}"
    settings_lines = "\n".join(f"{label}: {value}" for label, value in shown.items())
    routes = f"Liveness Probe: GET   127.0.0.1:{port}/\nScore:          POST  127.0.0.1:{port}/score"
    missing = ""
    if not settings.model_dir:
        missing = "The environment variable 'AZUREML_MODEL_DIR' has not been set.\nUse the --model-dir command line argument to set it.\n"
    return f"{missing}\n{title}\n\n\nServer Settings\n---------------\n{settings_lines}\n\n\nServer Routes\n---------------\n{routes}\n"
