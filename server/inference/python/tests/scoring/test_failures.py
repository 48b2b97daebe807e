"""Failures of a script explain themselves: code, place and words, as `--check` and a server that does not start report them."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from viridian_serving.scoring.failures import Failure, machine_line
from viridian_serving.scoring.settings import SettingsError, read_settings

PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class Checked:
    """What a try told: the report, the log and the exit status."""

    def __init__(self, folder: Path, script: str, sample: str = "{}", model: Path | None = None, **environ: str) -> None:
        (folder / "score.py").write_text(textwrap.dedent(script))
        variables = {"AML_APP_ROOT": str(folder), "AZUREML_ENTRY_SCRIPT": "score.py", "PYTHONPATH": str(PACKAGE_ROOT), **environ}
        if model is not None:
            variables["AZUREML_MODEL_DIR"] = str(model)
        command = [sys.executable, "-m", "viridian_serving", "--kind", "scoring", "--check", "--sample", "-"]
        done = subprocess.run(command, env={**os.environ, **variables}, input=sample, capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        self.report = json.loads(done.stdout)
        self.failure = self.report.get("failure", {})
        self.log = done.stderr
        self.status = done.returncode


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    return folder


def test_a_good_script_reports_times_memory_and_the_answer(tmp_path: Path) -> None:
    told = Checked(tmp_path, "def init(): pass\ndef run(data): return {'got': data}", "[1]")
    assert told.status == 0
    assert told.report["ok"] is True
    assert json.loads(told.report["response"]["body"]) == {"got": "[1]"}
    assert told.report["peak_memory_mib"] > 1
    assert set(told.report) == {"ok", "load_seconds", "score_ms", "peak_memory_mib", "response"}


def test_a_syntax_error_is_told_with_line_and_column(tmp_path: Path) -> None:
    told = Checked(tmp_path, "def init(): pass\ndef run(data):\n    return (1,\n")
    assert told.status == 3
    assert told.failure["code"] == "deployment.script_invalid"
    assert told.failure["line"] == 3
    assert told.failure["column"] > 0
    assert told.failure["file"].endswith("score.py")


def test_a_syntax_error_in_a_module_of_the_code_folder_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "features.py").write_text("x = = 1\n")
    told = Checked(tmp_path, "import features\ndef init(): pass\ndef run(data): return 1")
    assert told.failure["code"] == "deployment.script_invalid"
    assert told.failure["file"].endswith("features.py")
    assert told.failure["line"] == 1


@pytest.mark.parametrize("missing", ["init", "run"])
def test_a_missing_function_is_named(tmp_path: Path, missing: str) -> None:
    told = Checked(tmp_path, f"def {'run' if missing == 'init' else 'init'}(data=0): pass")
    assert told.failure["code"] == "deployment.script_invalid"
    assert f"does not have a {missing}() function" in told.failure["detail"]


@pytest.mark.parametrize(
    ("signature", "words"),
    [
        ("*args", "*args, or **kwargs"),
        ("**kwargs", "*args, or **kwargs"),
        ("data, /", "positional-only"),
        ("", "needs to accept an argument for input data"),
        ("request_headers", 'other than "request_headers"'),
    ],
)
def test_a_run_that_cannot_be_called_is_refused(tmp_path: Path, signature: str, words: str) -> None:
    told = Checked(tmp_path, f"def init(): pass\ndef run({signature}): pass")
    assert told.failure["code"] == "deployment.script_invalid"
    assert words in told.failure["detail"]
    assert told.failure["line"] == 2


def test_a_missing_script_says_what_the_folder_holds(tmp_path: Path) -> None:
    told = Checked(tmp_path, "def init(): pass", AZUREML_ENTRY_SCRIPT="main/scoring.py")
    assert told.failure["code"] == "deployment.script_invalid"
    (tmp_path / "helper.txt").write_text("x")
    told = Checked(tmp_path, "def init(): pass", AZUREML_ENTRY_SCRIPT="scoring.py")
    assert "helper.txt, score.py" in told.failure["detail"]


def test_what_init_raises_is_told_with_its_line(tmp_path: Path) -> None:
    told = Checked(tmp_path, "def init():\n    raise ValueError('no threshold')\ndef run(data): return 1")
    assert told.failure["code"] == "deployment.script_failed"
    assert "init() raised ValueError: no threshold" in told.failure["detail"]
    assert (told.failure["line"], told.failure["source"]) == (2, "raise ValueError('no threshold')")
    assert "viridian_serving" not in told.failure["traceback"]


def test_a_script_that_exits_is_told(tmp_path: Path) -> None:
    told = Checked(tmp_path, "import sys\ndef init(): sys.exit(7)\ndef run(data): return 1")
    assert told.failure["code"] == "deployment.script_failed"
    assert "sys.exit(7)" in told.failure["detail"]


@pytest.mark.parametrize(
    ("statement", "package"),
    [
        ("import cv2_missing", "cv2-missing"),
        ("from bs4 import BeautifulSoup", "beautifulsoup4"),
        ("import imblearn.over_sampling", "imbalanced-learn"),
        ("from azureml.ai.monitoring import Collector", "azureml-ai-monitoring"),
    ],
)
def test_a_missing_import_names_the_package(tmp_path: Path, statement: str, package: str) -> None:
    told = Checked(tmp_path, f"{statement}\ndef init(): pass\ndef run(data): return 1")
    assert told.failure["code"] == "deployment.import_missing"
    assert f"Add the package {package} to the environment" in told.failure["detail"]
    assert told.failure["line"] == 1


def test_a_missing_import_in_init_is_the_same(tmp_path: Path) -> None:
    told = Checked(tmp_path, "def init():\n    import surprise\ndef run(data): return 1")
    assert told.failure["code"] == "deployment.import_missing"
    assert "scikit-surprise" in told.failure["detail"]


def test_a_missing_model_file_lists_the_folder(tmp_path: Path, model: Path) -> None:
    (model / "weights").mkdir()
    (model / "weights" / "model.joblib").write_bytes(b"x")
    script = """
        import os
        def init(): open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"), "rb")
        def run(data): return 1
    """
    told = Checked(tmp_path, script, model=model)
    assert told.failure["code"] == "deployment.model_not_loadable"
    assert f"There is no {model}/model.pkl." in told.failure["detail"]
    assert "model/\n    weights/\n        model.joblib" in told.failure["detail"]
    assert "Model Directory Contents:" in told.log


def test_a_script_that_wants_a_model_where_there_is_none_is_told(tmp_path: Path) -> None:
    script = "import os\ndef init(): os.path.join(os.getenv('AZUREML_MODEL_DIR'), 'm.pkl')\ndef run(data): return 1"
    told = Checked(tmp_path, script)
    assert "AZUREML_MODEL_DIR is not set" in told.failure["detail"]


_UNPICKLE = """
    import os, pickle
    def init():
        global model
        with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"), "rb") as file:
            model = pickle.load(file)
    def run(data): return 1
"""


def test_a_damaged_model_is_told(tmp_path: Path, model: Path) -> None:
    (model / "model.pkl").write_bytes(b"\x80\x04 not a pickle")
    told = Checked(tmp_path, _UNPICKLE, model=model)
    assert told.failure["code"] == "deployment.model_not_loadable"
    assert told.failure["line"] == 6


def test_a_model_pickled_from_a_notebook_is_told(tmp_path: Path, model: Path) -> None:
    (model / "model.pkl").write_bytes(b"c__main__\nTokeniser\n)R.")
    told = Checked(tmp_path, _UNPICKLE, model=model)
    assert told.failure["code"] == "deployment.model_not_loadable"
    assert "pickled from a notebook" in told.failure["detail"]


def test_a_model_that_needs_a_package_names_it(tmp_path: Path, model: Path) -> None:
    (model / "model.pkl").write_bytes(b"csurprise.prediction\nSVD\n)R.")
    told = Checked(tmp_path, _UNPICKLE, model=model)
    assert told.failure["code"] == "deployment.import_missing"
    assert "The model needs the module 'surprise'" in told.failure["detail"]


def test_a_model_of_another_library_version_is_told(tmp_path: Path, model: Path) -> None:
    pytest.importorskip("sklearn")
    (model / "model.pkl").write_bytes(b"csklearn.ensemble.weight_boosting\nAdaBoostClassifier\n)R.")
    told = Checked(tmp_path, _UNPICKLE, model=model)
    assert told.failure["code"] == "deployment.model_version_mismatch"
    assert "sklearn.ensemble.weight_boosting" in told.failure["detail"]


def test_another_scikit_learn_version_of_the_pickle_is_told_with_both(tmp_path: Path, model: Path) -> None:
    sklearn = pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression

    # The version is part of the pickled state; the replacement keeps its length, so that the pickle stays whole.
    content = pickle.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    (model / "model.pkl").write_bytes(content.replace(sklearn.__version__.encode(), b"1.2.2"))
    assert len(sklearn.__version__) == len("1.2.2")
    both = f"saved with scikit-learn 1.2.2, loaded with scikit-learn {sklearn.__version__}"
    told = Checked(tmp_path, _UNPICKLE, model=model)
    assert told.report["ok"] is True
    assert both in told.log
    failing = _UNPICKLE.replace("model = pickle.load(file)", "model = pickle.load(file); model.no_such_attribute")
    told = Checked(tmp_path, failing, model=model)
    assert told.failure["code"] == "deployment.model_version_mismatch"
    assert both in told.failure["detail"]
    running = _UNPICKLE.replace("return 1", "return model.no_such_attribute")
    assert both in Checked(tmp_path, running, model=model).log


def test_memory_that_runs_out_in_init_is_told(tmp_path: Path) -> None:
    script = """
        import resource
        def init():
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
            bytearray(1 << 40)
        def run(data): return 1
    """
    told = Checked(tmp_path, script)
    assert told.failure["code"] == "deployment.out_of_memory"
    assert told.failure["line"] == 5


def test_what_run_raises_is_told_to_the_operator_and_not_to_the_caller(tmp_path: Path) -> None:
    told = Checked(tmp_path, "def init(): pass\ndef run(data):\n    raise KeyError('secret-column')")
    assert told.status == 3
    assert "secret-column" not in told.report["response"]["body"]
    assert told.report["response"]["status"] == 500
    assert told.failure["code"] == "deployment.script_failed"
    assert (told.failure["line"], told.failure["source"]) == (3, "raise KeyError('secret-column')")


def test_a_run_that_hangs_is_interrupted(tmp_path: Path) -> None:
    told = Checked(tmp_path, "def init(): pass\ndef run(data):\n    while True: pass", SCORING_TIMEOUT_MS="200")
    assert json.loads(told.report["response"]["body"]) == {"message": "Scoring timeout after 200 ms"}
    assert "did not end within 200 ms" in told.failure["detail"]
    assert told.failure["line"] == 3


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("numpy.int64(3)", "numpy.int64 in result, which JSON cannot hold. Return value.tolist()"),
        ("{'a': [1, numpy.arange(2)]}", "numpy.ndarray in result['a'][1]"),
        ("pandas.DataFrame({'a': [1]})", "value.to_dict(orient='records')"),
        ("pandas.Timestamp(0)", "in result, which JSON cannot hold"),
        ("{1, 2}", "Return list(value)"),
        ("b'x'", "bytes in result"),
        ("{(1, 2): 3}", "tuple in a key of result"),
    ],
)
def test_what_json_cannot_hold_is_told_with_its_place(tmp_path: Path, expression: str, words: str) -> None:
    modules = [name for name in ("numpy", "pandas") if name in expression]
    for module in modules:
        pytest.importorskip(module)
    imports = "".join(f"import {module}\n" for module in modules)
    told = Checked(tmp_path, f"{imports}def init(): pass\ndef run(data): return {expression}")
    assert told.report["response"]["status"] == 500
    assert words in told.failure["detail"]


def test_not_a_number_passes_as_in_the_original_and_is_told(tmp_path: Path) -> None:
    told = Checked(tmp_path, "def init(): pass\ndef run(data): return [float('nan'), float('inf')]")
    assert told.report["response"]["body"] == "[NaN, Infinity]"
    assert "holds NaN or Infinity" in told.log


def test_a_setting_that_cannot_be_used_names_its_variable() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"SCORING_TIMEOUT_MS": "soon", "WORKER_COUNT": "0"})
    assert [name for name, _ in caught.value.problems] == ["SCORING_TIMEOUT_MS", "WORKER_COUNT"]


def test_the_line_for_machines_stays_one_line_however_long_the_traceback_is() -> None:
    failure = Failure("deployment.script_failed", "é" * 9000, source="x" * 9000, traceback="y" * 90_000 + "the end")
    line = machine_line(failure)
    told = json.loads(line.partition(" ")[2])
    assert len(line.encode()) < 16 * 1024
    assert told["traceback"].endswith("the end")
    assert told["detail"].startswith("é")
