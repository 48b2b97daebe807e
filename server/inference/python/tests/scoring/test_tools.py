"""The tools beside the server: --syntax, --check, --reload and --debug."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, Dict, List, Tuple

from support.server_process import PACKAGE_ROOT, ServerProcess

_RUN = "import runpy; runpy.run_module('viridian_serving', run_name='__main__')"

GOOD = "def init():\n    print('in init')\n\n\ndef run(data):\n    return {'got': data}\n"


def run_tool(arguments: List[str], environ: Dict[str, str], stdin: str = "") -> Tuple[int, Any, str]:
    """Exit status, the JSON on stdout, and stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "viridian_serving", *arguments],
        env={"PYTHONPATH": PACKAGE_ROOT, "PATH": "/usr/bin:/bin", **environ},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert len(lines) <= 1, done.stdout
    return done.returncode, json.loads(lines[0]) if lines else None, done.stderr


def test_syntax_accepts_a_script_without_importing_anything(tmp_path: Path) -> None:
    script = tmp_path / "score.py"
    script.write_text("import no_such_module\n" + GOOD)
    assert run_tool(["--syntax", str(script)], {})[:2] == (0, {"ok": True})


def test_syntax_tells_line_and_column(tmp_path: Path) -> None:
    script = tmp_path / "score.py"
    script.write_text("def init(): pass\ndef run(data):\n    return data +\n")
    status, report, _ = run_tool(["--syntax", str(script)], {})
    assert (status, report["ok"]) == (3, False)
    failure = report["failure"]
    assert (failure["code"], failure["line"], failure["source"]) == ("deployment.script_invalid", 3, "return data +")
    assert failure["column"] > 1


def test_syntax_tells_what_is_missing_and_sees_other_ways_to_define_it(tmp_path: Path) -> None:
    script = tmp_path / "score.py"
    for source, words in (
        ("def run(data): pass", "init()"),
        ("def init(): pass\nclass A:\n    def run(self): pass", "run()"),
        ("def init():\n    def run(): pass", "run()"),
    ):
        script.write_text(source)
        assert words in run_tool(["--syntax", str(script)], {})[1]["failure"]["detail"]
    for source in (
        "from other import init, run",
        "from other import *",
        "import other\ninit = other.init\nrun = other.run",
        "try:\n    def init(): pass\nexcept Exception: pass\nif True:\n    async def run(data): pass",
        "globals().update({})",
    ):
        script.write_text(source)
        assert run_tool(["--syntax", str(script)], {})[1] == {"ok": True}, source


def test_check_scores_a_sample_and_prints_one_line(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(GOOD)
    (tmp_path / "sample.json").write_text('{"a": 1}')
    environ = {"AML_APP_ROOT": str(tmp_path), "AZUREML_ENTRY_SCRIPT": "score.py"}
    status, report, log = run_tool(["--kind", "scoring", "--check", "--sample", str(tmp_path / "sample.json")], environ)
    assert status == 0
    assert json.loads(report["response"]["body"]) == {"got": '{"a": 1}'}
    assert report["response"]["status"] == 200
    assert report["load_seconds"] >= 0
    assert report["score_ms"] > 0
    assert "azmlinfsrv.print - in init" in log
    status, report, _ = run_tool(["--script", str(tmp_path / "score.py"), "--check", "--sample", "-"], {}, stdin="piped")
    assert json.loads(report["response"]["body"]) == {"got": "piped"}


def test_check_without_a_sample_takes_that_of_the_scripts_schema_or_only_loads(tmp_path: Path) -> None:
    described = """
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema

def init(): pass

@input_schema("Inputs", StandardPythonParameterType({"data": [1, 2]}))
def run(Inputs): return sum(Inputs["data"])
"""
    script = tmp_path / "score.py"
    script.write_text(described)
    status, report, _ = run_tool(["--script", str(script), "--check"], {})
    assert (status, report["ok"], report["response"]["body"]) == (0, True, "3")
    script.write_text("def init(): pass\ndef run(data): raise ValueError(data)")
    status, report, _ = run_tool(["--script", str(script), "--check"], {})
    assert (status, set(report)) == (0, {"ok", "load_seconds", "peak_memory_mib"})


def test_check_collects_streams_and_runs_coroutines(tmp_path: Path) -> None:
    for body in ("def run(data):\n    yield 'a'\n    yield 'b'", "async def run(data):\n    yield 'a'\n    yield 'b'"):
        (tmp_path / "score.py").write_text(f"async def init(): pass\n{body}\n")
        report = run_tool(["--script", str(tmp_path / "score.py"), "--check", "--sample", "-"], {}, stdin="{}")[1]
        assert (report["ok"], report["response"]["body"]) == (True, "ab")


def test_check_reports_what_fails(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("def init(): pass\ndef run(data): return 1 / 0")
    status, report, _ = run_tool(["--script", str(tmp_path / "score.py"), "--check", "--sample", "-"], {}, stdin="{}")
    assert (status, report["ok"], report["failure"]["line"]) == (3, False, 2)
    (tmp_path / "score.py").write_text("def init(): 1 / 0\ndef run(data): return 1")
    status, report, _ = run_tool(["--script", str(tmp_path / "score.py"), "--check"], {})
    assert (status, "response" in report, report["failure"]["code"]) == (3, False, "deployment.script_failed")


def test_check_leaves_the_users_own_output_out_of_the_report(tmp_path: Path) -> None:
    script = "import os, sys\ndef init():\n    sys.stdout.write('noise\\n')\n    os.system('echo more noise')\ndef run(data): return 1\n"
    (tmp_path / "score.py").write_text(script)
    status, report, log = run_tool(["--script", str(tmp_path / "score.py"), "--check"], {})
    assert (status, report["ok"]) == (0, True)
    assert "noise" in log
    assert "more noise" in log


def serve(tmp_path: Path, *arguments: str, **environ: str) -> ServerProcess:
    return ServerProcess(["-m", "viridian_serving", "--script", str(tmp_path / "score.py"), *arguments], environ)


def test_reload_serves_changed_code_and_survives_broken_code(tmp_path: Path) -> None:
    script = tmp_path / "score.py"
    script.write_text("import part\ndef init(): pass\ndef run(data): return part.VALUE")
    (tmp_path / "part.py").write_text("VALUE = 1")
    server = serve(tmp_path, "--reload")
    try:
        server.wait_ready()
        assert server.request("POST", "/score")[2] == b"1"
        (tmp_path / "part.py").write_text("VALUE = (\n")
        server.wait_for_line("viridian-failure:")
        server.listening.clear()
        (tmp_path / "part.py").write_text("VALUE = 'two'")
        server.wait_ready()
        assert server.request("POST", "/score")[2] == b'"two"'
        server.terminate()
        assert server.wait() == 0
    finally:
        server.end()


def test_reload_takes_no_notice_of_what_the_script_writes_beside_itself(tmp_path: Path) -> None:
    script = tmp_path / "score.py"
    log = tmp_path / "requests.log"
    script.write_text("def init(): pass\ndef run(data):\n    open(__file__.replace('score.py', 'requests.log'), 'a').write(data)\n    return 1")
    server = serve(tmp_path, "--reload")
    try:
        server.wait_ready()
        assert server.request("POST", "/score", b"one")[0] == 200
        assert log.read_text() == "one"
        server.listening.clear()
        script.write_text("def init(): pass\ndef run(data): return 2")
        server.wait_ready()
        assert [line for line in server.lines if line.startswith("Changed:")] == [f"Changed: {script}. Starting again."]
    finally:
        server.end()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_reload_keeps_the_port_and_the_debugger_and_shows_why_code_does_not_start(tmp_path: Path) -> None:
    script = tmp_path / "score.py"
    script.write_text("def init(): pass\ndef run(data): return 1")
    server = serve(tmp_path, "--reload", "--port", "0", "--debug", str(free_port()))
    try:
        port = server.wait_ready().port
        script.write_text("def init():\n    raise ValueError('no weights')\ndef run(data): return 1")
        server.wait_for_line("It starts again after the next change.")
        assert "ValueError: no weights" in server.log
        assert "score.py:2" in server.log
        server.listening.clear()
        script.write_text("def init(): pass\ndef run(data): return 2")
        assert server.wait_ready().port == port
        assert server.log.count("launch.json") == 1
        assert server.request("POST", "/score")[2] == b"2"
    finally:
        server.end()


def test_a_command_line_of_the_original_works(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "near.py").write_text("NEAR = 'near'")
    script = "import os, near\ndef init(): pass\ndef run(data): return [near.NEAR, os.environ['AZUREML_MODEL_DIR'], os.environ['WORKER_COUNT']]"
    (tmp_path / "folder" / "score.py").write_text(script)
    (tmp_path / "settings.json").write_text('{"SERVICE_NAME": "named"}')
    arguments = ["--entry_script", "folder/score.py", "--model_dir", "m", "--worker_count", "1", "--config_file", "settings.json"]
    server = ServerProcess(
        ["-c", f"import os; os.chdir({str(tmp_path)!r})\n{_RUN}", *arguments, "--access_control_allow_origins", "https://a.example"]
    )
    try:
        server.wait_ready()
        status, headers, body = server.request("POST", "/score")
        assert (status, json.loads(body)) == (200, ["near", "m", "1"])
        assert headers["access-control-allow-origin"] == "https://a.example"
        assert json.loads(server.request("GET", "/swagger.json")[2])["info"]["title"] == "named"
    finally:
        server.stop()


def test_debug_is_refused_where_debugpy_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(GOOD)
    (tmp_path / "debugpy.py").write_text("raise ImportError('not here')")
    for arguments, environ in ((["--debug"], {}), ([], {"AZUREML_DEBUG_PORT": "5679"})):
        server = serve(tmp_path, *arguments, PYTHONPATH=f"{tmp_path}:{PACKAGE_ROOT}", **environ)
        assert server.wait() == 3
        assert "debugpy is not installed" in server.log
        assert "-m pip install debugpy" in server.log


def test_debug_listens_and_prints_how_an_editor_attaches(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(GOOD)
    stand_in = "def listen(address): print('debugpy listens on', address)\ndef wait_for_client(): print('debugpy waits')\n"
    (tmp_path / "debugpy.py").write_text(stand_in)
    server = serve(tmp_path, "--debug", "5999", PYTHONPATH=f"{tmp_path}:{PACKAGE_ROOT}")
    try:
        server.wait_ready()
        server.wait_for_line("debugpy listens on ('127.0.0.1', 5999)")
        text = server.log[server.log.index('{\n  "version"') :]
        snippet, _ = json.JSONDecoder().raw_decode(text)
        assert snippet["configurations"][0]["connect"] == {"host": "127.0.0.1", "port": 5999}
        assert "debugpy waits" not in server.log
    finally:
        server.stop()
    server = serve(tmp_path, "--debug", "5999", "--debug-wait", PYTHONPATH=f"{tmp_path}:{PACKAGE_ROOT}")
    try:
        server.wait_ready()
        assert server.log.index("debugpy waits") < server.log.index("in init")
    finally:
        server.stop()


def test_the_stand_ins_give_way_to_real_packages(tmp_path: Path) -> None:
    real = tmp_path / "site" / "inference_schema"
    real.mkdir(parents=True)
    (real / "__init__.py").write_text("WHO = 'real'")
    monitoring = tmp_path / "site" / "azureml" / "ai"
    monitoring.mkdir(parents=True)
    (monitoring / "monitoring.py").write_text("WHO = 'real monitoring'")
    script = """
        import inference_schema
        from azureml.ai.monitoring import WHO
        from azureml.contrib.services import aml_request
        import azureml.contrib.services.aml_response
        def init(): pass
        def run(data): return [inference_schema.WHO, WHO, aml_request.AMLRequest.__name__]
    """
    (tmp_path / "score.py").write_text(textwrap.dedent(script))
    environ = {"PYTHONPATH": f"{PACKAGE_ROOT}:{tmp_path / 'site'}"}
    report = run_tool(["--script", str(tmp_path / "score.py"), "--check", "--sample", "-"], environ, stdin="{}")[1]
    assert json.loads(report["response"]["body"]) == ["real", "real monitoring", "AMLRequest"]
