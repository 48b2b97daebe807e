"""Fixtures of the tests of scoring scripts."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any, Dict, Optional

import pytest
from scoring.asking import StartScript


@pytest.fixture
def start_script(start_server: Any, tmp_path: Path) -> StartScript:
    """Writes a script into a folder of its own and serves it."""

    def start(script: str, env: Optional[Dict[str, str]] = None, **more: Any) -> Any:
        (tmp_path / "score.py").write_text(textwrap.dedent(script))
        variables = {"AML_APP_ROOT": str(tmp_path), "AZUREML_ENTRY_SCRIPT": "score.py", **(env or {})}
        return start_server("scoring", env=variables, **more)

    return start
