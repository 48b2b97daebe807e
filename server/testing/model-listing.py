"""Answers with what a program sees of its model: a server for containers, and a scoring script elsewhere."""
import http.server
import json
import os
import signal


def init():
    pass


def run(_):
    folder = os.environ.get("AZUREML_MODEL_DIR")
    files = [os.path.join(parent, name) for parent, _, names in os.walk(folder or "/nowhere") for name in names]
    return {"folder": folder, "files": sorted(os.path.relpath(file, folder) for file in files)}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps(run(None)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
