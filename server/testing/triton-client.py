"""Calls a repository as its users do, with Triton's own client, and prints what came back as JSON.

Arguments: host:port/base, bearer key.
"""

import json
import sys

import numpy as np
import tritonclient.http as http

url, key = sys.argv[1:3]
headers = {"Authorization": f"Bearer {key}"}
client = http.InferenceServerClient(url)


def infer(model, rows, binary, **options):
    array = np.array(rows, dtype=np.float32)
    name = "raw" if model == "chain" else "x"
    tensor = http.InferInput(name, list(array.shape), "FP32")
    tensor.set_data_from_numpy(array, binary_data=binary)
    output = http.InferRequestedOutput("end" if model == "chain" else "y", binary_data=binary, **options)
    answer = client.infer(model, [tensor], outputs=[output], headers=headers, request_id="7")
    assert answer.get_response()["id"] == "7"
    return answer.as_numpy(output.name())


def refusal(call):
    try:
        call()
    except http.InferenceServerException as error:
        return f"{error.status()}: {error.message()}"
    return None


print(
    json.dumps(
        {
            "live": client.is_server_live(headers=headers),
            "ready": client.is_server_ready(headers=headers),
            "model_ready": client.is_model_ready("chain", "1", headers=headers),
            "other_ready": client.is_model_ready("chain", "2", headers=headers),
            "extensions": client.get_server_metadata(headers=headers)["extensions"],
            "metadata": client.get_model_metadata("two", headers=headers),
            "batch": client.get_model_config("two", "1", headers=headers)["max_batch_size"],
            "index": [item["name"] for item in client.get_model_repository_index(headers=headers)],
            "json": infer("chain", [[1, 2.5]], False).tolist(),
            "binary": infer("chain", [[1, 2.5], [3, 4]], True).tolist(),
            "classes": [text.decode() for text in infer("two", [[1, 2]], True, class_count=1).flatten()],
            "too_many": refusal(lambda: infer("two", [[1, 2]] * 9, True)),
            "unload": refusal(lambda: client.unload_model("two", headers=headers)),
        }
    )
)
