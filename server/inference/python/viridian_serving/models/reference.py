"""What `mlflow.pyfunc` makes of some bodies, found out in a process of its own.

A program: `python -m viridian_serving.models.reference FOLDER` reads a JSON list of bodies of `/invocations` from its input and writes a list of
`{"value": …}` or `{"error": "…"}`. The server compares with it and never imports MLflow itself, which would cost 100 MB and two seconds.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, Dict, List


def answer_all(folder: str, bodies: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Runs each body as `mlflow models serve` would."""
    import mlflow.pyfunc
    from mlflow.pyfunc import scoring_server

    model = mlflow.pyfunc.load_model(folder)
    schema = model.metadata.get_input_schema()
    return [_answer(scoring_server, model, schema, body) for body in bodies]


def _answer(server: Any, model: Any, schema: Any, body: Dict[str, Any]) -> Dict[str, Any]:
    from io import StringIO

    try:
        written = StringIO()
        server.predictions_to_json(model.predict(server.infer_and_parse_data(body, schema)), written)
        return {"value": json.loads(written.getvalue())["predictions"]}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:500]}


def _end_with_parent() -> None:
    """A server that is stopped while it loads must not leave this process behind. Linux only; elsewhere it ends by itself soon."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (AttributeError, OSError):
        return


_PR_SET_PDEATHSIG = 1


def main() -> None:
    _end_with_parent()
    # Libraries print to stdout while they load; only the answers may arrive there.
    out = os.dup(1)
    os.dup2(2, 1)
    bodies = json.load(sys.stdin)
    try:
        result: Dict[str, Any] = {"answers": answer_all(sys.argv[1], bodies)}
    except Exception as error:
        result = {"failure": f"{type(error).__name__}: {error}"[:500]}
    with os.fdopen(out, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
