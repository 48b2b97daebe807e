"""The server that anyone would write, for comparison: scikit-learn in a bare Starlette behind uvicorn."""

import os
import pickle
from pathlib import Path

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

model = pickle.loads((Path(os.environ["BENCH_MODEL"]) / "model.pkl").read_bytes())


async def score(request):
    rows = np.array((await request.json())["input_data"])
    return JSONResponse(model.predict(rows).tolist())


if __name__ == "__main__":
    app = Starlette(routes=[Route("/score", score, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error", access_log=False)
