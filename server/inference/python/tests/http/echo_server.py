"""A server whose application shows what the HTTP core gives it and takes from it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from viridian_serving.app import App
from viridian_serving.failures import StartFailure
from viridian_serving.http.message import JSON_HEADERS, Request, Response
from viridian_serving.server import serve
from viridian_serving.settings import read_server_settings


class EchoApp(App):
    """`/gate` waits for `/open`, so that tests decide when an answer comes."""

    def load(self) -> None:
        flag = os.environ.get("ECHO_LOAD_UNTIL")
        if flag:
            print("loading", flush=True)
        while flag and not os.path.exists(flag):
            time.sleep(0.01)

    def start_worker(self) -> None:
        """With ECHO_WORKERS_UNTIL, the worker that starts as number N waits for the file N in that folder, and ends with the status in it."""
        folder = os.environ.get("ECHO_WORKERS_UNTIL")
        if not folder:
            return
        path = _take_number(folder)
        print(f"worker {os.path.basename(path)} loads", flush=True)
        while not os.path.exists(path):
            time.sleep(0.01)
        with open(path, encoding="utf-8") as file:
            status = file.read()
        if status:
            raise StartFailure("asked to fail", int(status))
        print(f"worker {os.path.basename(path)} loaded", flush=True)

    async def startup(self) -> None:
        self._gate = asyncio.Event()
        self._waiting = 0

    async def handle(self, request: Request) -> Response:
        if request.path == "/gate":
            self._waiting += 1
            await self._gate.wait()
        elif request.path == "/open":
            self._gate.set()
        elif request.path == "/waiting":
            return Response(200, b"%d" % self._waiting)
        elif request.path == "/raise":
            raise ValueError("a secret of the inside")
        elif request.path == "/stream":
            return Response(200, _parts(int(request.query_string or 3)), (("content-type", "text/plain"),))
        elif request.path == "/break":
            return Response(200, _broken())
        elif request.path == "/inject":
            return Response(200, b"", [("x-a", "1\r\nx-b: 2")])
        elif request.path == "/empty":
            return Response(204)
        elif request.path == "/pid":
            return Response(200, b"%d" % os.getpid())
        shown = {
            "method": request.method,
            "path": request.path,
            "query": request.query_string,
            "headers": list(request.headers.items()),
            "length": len(request.body),
            "body": request.body[:1000].decode("latin-1"),
        }
        return Response(200, json.dumps(shown).encode(), JSON_HEADERS)


def _take_number(folder: str) -> str:
    """The path of the first number that no worker has taken."""
    number = 0
    while True:
        try:
            os.mkdir(os.path.join(folder, f"taken-{number}"))
            return os.path.join(folder, str(number))
        except FileExistsError:
            number += 1


async def _parts(count: int):
    for index in range(count):
        yield b"part %d;" % index


async def _broken():
    yield b"half"
    raise ValueError("no more")


if __name__ == "__main__":
    code = serve(EchoApp(), read_server_settings({"VIRIDIAN_SERVING_KIND": "scoring", **os.environ}))
    sys.stdout.flush()
    os._exit(code)
