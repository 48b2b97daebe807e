"""Undecorated run(): text in, whatever the text asks for out."""

import json
import time


def init():
    print("init", "was", "called", sep="-")


def run(data, request_headers):
    order = json.loads(data) if data.startswith('{"do"') else {"do": "echo"}
    return ORDERS[order["do"]](data, order, request_headers)


def fail(*_):
    raise ValueError("the secret of the script")


def own_timeout(*_):
    raise TimeoutError("the secret of the script")


def sleep(data, order, headers):
    time.sleep(order["seconds"])
    return "slept"


def not_serialisable(data, order, headers):
    return {"a": {1, 2}}


ORDERS = {
    "echo": lambda data, *_: data,
    "none": lambda *_: None,
    "json_string": lambda *_: json.dumps({"a": 1}),
    "dict": lambda *_: {"a": [1, 2.5, "ü", None, True]},
    "list": lambda *_: [1, [2]],
    "number": lambda *_: 0.1,
    "true": lambda *_: True,
    "empty": lambda *_: "",
    "nan": lambda *_: [float("nan"), float("inf"), -float("inf")],
    "int_keys": lambda *_: {1: "a", None: "b", 2.5: "c"},
    "tuple": lambda *_: (1, 2),
    "raise": fail,
    "own_timeout": own_timeout,
    "generator": lambda *_: ({"n": n} for n in range(2)),
    "sleep": sleep,
    "set": not_serialisable,
    "headers": lambda data, order, headers: {k: v for k, v in headers.items() if k not in ("Host", "User-Agent")},
}
