"""Scripts that cannot serve end the process with the status of the original."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Dict, List

import pytest
from scoring.contract.servers import find_original, free_port
from support.server_process import PACKAGE_ROOT

RAW_AND_SCHEMA = """
    from azureml_inference_server_http.api.aml_request import rawhttp
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
    from inference_schema.schema_decorators import input_schema

    def init(): pass

    @rawhttp
    @input_schema("data", StandardPythonParameterType(1))
    def run(data): pass
"""

CASES = {
    "syntax error": "def init(:",
    "no init": "def run(data): pass",
    "no run": "def init(): pass",
    "import missing": "import no_such_module\ndef init(): pass\ndef run(data): pass",
    "import raises": "1 / 0",
    "init raises": "def init(): 1 / 0\ndef run(data): pass",
    "init exits": "import sys\ndef init(): sys.exit(9)\ndef run(data): pass",
    "args": "def init(): pass\ndef run(*args): pass",
    "no parameter": "def init(): pass\ndef run(): pass",
    "only headers": "def init(): pass\ndef run(request_headers): pass",
    "both decorators": RAW_AND_SCHEMA,
    "bad schema": "from inference_schema.schema_decorators import input_schema\n@input_schema('a', 5)\ndef run(a): pass\ndef init(): pass",
    "no script": None,
    "bad setting": "def init(): pass\ndef run(data): pass",
    "bad config": "def init(): pass\ndef run(data): pass",
}


def _environment(folder: Path, name: str) -> Dict[str, str]:
    script = CASES[name]
    if script is not None:
        (folder / "score.py").write_text(textwrap.dedent(script))
    if name == "bad config":
        (folder / "config.json").write_text("{not json")
    more = {"SCORING_TIMEOUT_MS": "soon"} if name == "bad setting" else {}
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {**inherited, "AML_APP_ROOT": str(folder), "AZUREML_ENTRY_SCRIPT": str(folder / "score.py"), **more}


def _status(command: List[str], environment: Dict[str, str]) -> int:
    return subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False).returncode


def _ours(folder: Path, name: str) -> int:
    address = {"PYTHONPATH": PACKAGE_ROOT, "PORT": "0", "VIRIDIAN_SERVING_HOST": "127.0.0.1"}
    return _status([sys.executable, "-m", "viridian_serving", "--kind", "scoring"], {**_environment(folder, name), **address})


@pytest.mark.parametrize("name", CASES)
def test_the_status_is_that_of_a_worker_that_does_not_boot(tmp_path: Path, name: str) -> None:
    assert _ours(tmp_path, name) == 3


@pytest.mark.parametrize("name", CASES)
def test_the_original_ends_with_the_same_status(tmp_path: Path, name: str) -> None:
    try:
        original = find_original()
    except RuntimeError as error:
        if "azureml" in os.environ.get("VIRIDIAN_REQUIRE", "").split(","):
            raise
        pytest.skip(f"NOT COMPARED with the original server: {error}")
    environment = _environment(tmp_path, name)
    script = environment["AZUREML_ENTRY_SCRIPT"]
    command = [original, "-m", "azureml_inference_server_http", "--entry_script", script, "--port", str(free_port())]
    assert _status(command, environment) == 3
