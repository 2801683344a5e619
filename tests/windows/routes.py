#!/usr/bin/env python3
"""Receivers for tests/windows/routes.sh: CERTIFICATE KEY FOLDER. Its port is written to FOLDER/port,
each body that came whole to FOLDER/requests (path and length), what /lake took to FOLDER/lake."""
import http.server
import os
import ssl
import sys
import threading
import time

certificate, key, folder = sys.argv[1:4]
lock = threading.Lock()
refusals = [500, 503]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def log_message(self, *args):
        pass

    def answer(self, status, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        self.do_POST()

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            return None
        with lock, open(f"{folder}/requests", "a") as f:
            print(self.path, length, file=f)
        if self.path == "/slow":
            time.sleep(3)
        if self.path == "/moved":
            return self.answer(302, ("Location", "/elsewhere"))
        if self.path != "/lake":
            return self.answer(204)
        if self.headers["Authorization"] != "Bearer s3cret":
            return self.answer(401)
        with lock:
            if refusals:
                return self.answer(refusals.pop(0))
            with open(f"{folder}/lake", "ab") as f:
                f.write(body)
        return self.answer(204)


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client):
        pass


server = Server(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
with open(f"{folder}/port.new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(f"{folder}/port.new", f"{folder}/port")
server.serve_forever()
