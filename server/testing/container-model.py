"""A small server that fails in the ways that servers fail, as FAULT says; without it it answers with its version."""
import http.server
import os
import signal
import sys
import time

fault = os.environ.get("FAULT", "")
port = int(os.environ["PORT"])

if fault == "exits":
    sys.exit("cannot read the configuration")
if fault == "memory":
    hog = []
    while True:
        hog.append(b"\x01" * (64 * 1024 * 1024))
if fault == "slow":
    time.sleep(3600)
if fault == "no model":
    open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "weights.bin"))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if fault == "exits while probed":
            os._exit(3)
        if fault.isdigit():
            return self.answer(int(fault), "not ready")
        if fault == "hangs":
            time.sleep(3600)
        self.answer(200, "ready")

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(200, os.environ.get("VERSION", "1"))

    def log_message(self, *_):
        pass


address = ("127.0.0.1" if fault == "loopback" else "0.0.0.0", 9999 if fault == "another port" else port)
server = http.server.ThreadingHTTPServer(address, Handler)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
print("listening on", address, flush=True)
server.serve_forever()
