"""Calls a real tritonserver through the gateway with Triton's own clients, over HTTP and gRPC, and prints what came back as JSON.

Arguments: host:port of the gateway, endpoint, bearer key.
"""

import json
import queue
import sys

import numpy as np
import tritonclient.grpc as grpc
import tritonclient.http as http

address, endpoint, key = sys.argv[1:4]
over_http = http.InferenceServerClient(f"{address}/{endpoint}")
over_grpc = grpc.InferenceServerClient(address)
ROWS = np.array([[1, 2.5], [3, 4]], dtype=np.float32)


def headers():
    """Metadata of gRPC is in small letters; the client of HTTP adds to what it gets."""
    return {"authorization": f"Bearer {key}", "viridian-endpoint": endpoint}


def tensor(module, rows=ROWS):
    made = module.InferInput("x", list(rows.shape), "FP32")
    made.set_data_from_numpy(rows)
    return made


def streamed(count):
    """Answers of one stream that stays open over all of its requests."""
    answers = queue.Queue()
    over_grpc.start_stream(lambda result, error: answers.put((result, error)), headers=headers())
    for number in range(count):
        over_grpc.async_stream_infer("double", [tensor(grpc, ROWS + number)])
    found = [answers.get(timeout=20) for _ in range(count)]
    over_grpc.stop_stream()
    return [str(error) if error else result.as_numpy("y")[0].tolist() for result, error in found]


def refusal(call):
    try:
        call()
    except grpc.InferenceServerException as error:
        return f"{error.status()}: {error.message()}"
    return None


print(
    json.dumps(
        {
            "server": over_http.get_server_metadata(headers=headers())["name"],
            "http": over_http.infer("double", [tensor(http)], headers=headers()).as_numpy("y").tolist(),
            "ready": over_grpc.is_model_ready("double", headers=headers()),
            "grpc": over_grpc.infer("double", [tensor(grpc)], headers=headers()).as_numpy("y").tolist(),
            "stream": streamed(3),
            "raises": refusal(lambda: over_grpc.infer("double", [tensor(grpc, -ROWS)], headers=headers())),
            "unknown": refusal(lambda: over_grpc.infer("triple", [tensor(grpc)], headers=headers())),
            "no_key": refusal(lambda: over_grpc.is_server_ready(headers={"viridian-endpoint": endpoint})),
        }
    )
)
