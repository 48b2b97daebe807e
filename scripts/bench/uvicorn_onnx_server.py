"""The same server in Python, for comparison: onnxruntime in a bare ASGI application behind uvicorn (uvloop and httptools where installed)."""

import json
import os
from pathlib import Path

import numpy as np
import onnxruntime
import uvicorn

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
model = next(Path(os.environ["AZUREML_MODEL_DIR"]).glob("*.onnx"))
session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
input_name = session.get_inputs()[0].name
output_names = [output.name for output in session.get_outputs()]


async def app(scope, receive, send):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    rows = np.asarray(json.loads(body)["input_data"], dtype=np.float32)
    outputs = session.run(output_names, {input_name: rows})
    answer = json.dumps({name: value.tolist() for name, value in zip(output_names, outputs)}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=False, lifespan="off")
