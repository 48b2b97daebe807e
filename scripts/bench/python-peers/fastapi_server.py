"""The model of the bench in FastAPI, with a checked body, behind uvicorn."""

import os
import pickle
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

model = pickle.loads((Path(os.environ["BENCH_MODEL"]) / "model.pkl").read_bytes())
app = FastAPI()


class Rows(BaseModel):
    input_data: list[list[float]]


@app.post("/score")
def score(rows: Rows) -> list[int]:
    return model.predict(np.array(rows.input_data)).tolist()


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error", access_log=False)
