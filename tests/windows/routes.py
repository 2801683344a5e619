#!/usr/bin/env python3
"""Receivers for tests/windows/routes.sh: CERTIFICATE KEY FOLDER. Its port is written to FOLDER/port,
each body that came whole to FOLDER/requests (path and length), each Authorization, whatever came
behind it, to FOLDER/told, what /lake took to FOLDER/lake. Syslog: FOLDER/port.tcp, FOLDER/port.tls and
FOLDER/port.udp; what came to FOLDER/tcp, FOLDER/tls and FOLDER/udp, the last with a NUL behind each
datagram. A connection over which nothing comes for a second is ended, and read on. FOLDER/port.deaf:
nobody answers there."""
import http.server
import os
import socket
import ssl
import sys
import threading
import time

certificate, key, folder = sys.argv[1:4]
lock = threading.Lock()
refusals = [500, 503]
kept = []


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

    def do_OPTIONS(self):
        with lock, open(f"{folder}/told", "a") as f:
            print(self.path, self.command, self.headers["Authorization"], file=f)
        self.answer(405)

    def do_POST(self):
        with lock, open(f"{folder}/told", "a") as f:
            print(self.path, self.command, self.headers["Authorization"], file=f)
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


def tell_port(name, port):
    with open(f"{folder}/{name}.new", "w") as f:
        f.write(str(port))
    os.rename(f"{folder}/{name}.new", f"{folder}/{name}")


def take_datagrams(s):
    with open(f"{folder}/udp", "ab", buffering=0) as f:
        while True:
            f.write(s.recv(65536) + b"\0")


def take_stream(c, name):
    c.settimeout(1)
    with c, open(f"{folder}/{name}", "ab", buffering=0) as f:
        while True:
            try:
                data = c.recv(65536)
            except TimeoutError:
                socket.socket.shutdown(c, socket.SHUT_WR)  # TLS stays, to read on
                c.settimeout(None)
                continue
            if not data:
                return
            f.write(data)


def take_sealed(c):
    try:
        c.settimeout(20)
        c = context.wrap_socket(c, server_side=True, suppress_ragged_eofs=True)
    except OSError:
        return
    take_stream(c, "tls")


def accept(s, take):
    while True:
        c, _ = s.accept()
        threading.Thread(target=take, args=(c,), daemon=True).start()


def take_streams(s):
    accept(s, lambda c: take_stream(c, "tcp"))


def take_sealed_streams(s):
    accept(s, take_sealed)


def listen(name, kind, take):
    s = socket.socket(socket.AF_INET, kind)
    s.bind(("127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        s.listen()
    kept.append(s)
    threading.Thread(target=take, args=(s,), daemon=True).start()
    tell_port(name, s.getsockname()[1])


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
listen("port.udp", socket.SOCK_DGRAM, take_datagrams)
listen("port.tcp", socket.SOCK_STREAM, take_streams)
listen("port.deaf", socket.SOCK_STREAM, lambda s: None)
listen("port.tls", socket.SOCK_STREAM, take_sealed_streams)
server = Server(("127.0.0.1", 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
tell_port("port", server.server_address[1])
server.serve_forever()
