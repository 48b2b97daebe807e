"""The stand-in for inference_schema describes and converts as the real package does."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Dict

import pytest
from scoring.contract.servers import find_original
from support.server_process import PACKAGE_ROOT

_SCRIPT = str(Path(__file__).parent / "describe_types.py")

#: The real package refuses every value for a sample of these types; see docs/scoring-scripts.md.
_MEANT_TO_DIFFER = {"standard bytearray bytearray(b'bytes')", "standard date"}


def _describe(python: str, *paths: str) -> Dict[str, Any]:
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([python, "-W", "ignore", _SCRIPT, *paths], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_sample_is_described_and_converted_alike() -> None:
    try:
        original = find_original()
    except RuntimeError as error:
        if "azureml" in os.environ.get("VIRIDIAN_REQUIRE", "").split(","):
            raise
        pytest.skip(f"NOT COMPARED with the real package: {error}")
    theirs = _describe(original)
    # In the same environment: what pandas makes of text depends on what else is installed.
    ours = _describe(original, str(Path(PACKAGE_ROOT) / "compat"))
    assert len(ours) > 50
    differing = {name for name, told in theirs.items() if ours[name] != told}
    assert differing == _MEANT_TO_DIFFER
