#!/usr/bin/env python3
"""What tests/e2e/rt_routes.sh needs beside it.

  ports N                 N ports that are free
  hook PORT FILE          a webhook: twice 500, then silence, then 413, then all is taken: into FILE
  seen FILE N once|all    records 1 … N are in FILE, in order when first seen; `once`: each once
  syslog FILE             every line is RFC 5424 with JSON in it
"""
import http.server
import json
import re
import socket
import sys
import time


def ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    print(*[s.getsockname()[1] for s in sockets])


def hook(port, path):
    requests = [0]
    out = open(path, "ab", buffering=0)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def reply(self, status):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            requests[0] += 1
            n = requests[0]
            if self.headers["Authorization"] != "Bearer s3cret":
                return self.reply(401)
            if n in (1, 2):
                return self.reply(500)
            if n == 3:
                time.sleep(4)
                self.close_connection = True
                return None
            if not re.fullmatch(r"[!-~]+/hook/\d+-\d+", self.headers["Idempotency-Key"]):
                return self.reply(400)
            out.write(body)
            return self.reply(204)

    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def seen(path, n, how):
    with open(path, "rb") as f:
        text = f.read().decode("utf-8", "replace")
    found = [int(x) for x in re.findall(r'"key":"/srv/file-(\d+)"', text)]
    first = list(dict.fromkeys(found))
    if first != list(range(1, n + 1)):
        missing = sorted(set(range(1, n + 1)) - set(first))
        print(f"{len(first)} different of {n}; missing {missing[:5]}; begins {first[:5]}")
        return 1
    if how == "once" and len(found) != n:
        print(f"{len(found) - n} twice")
        return 1
    print(f"{len(found)} in all")
    return 0


def syslog(path):
    form = re.compile(
        r"<(\d+)>1 \d{4}-\d\d-\d\dT[\d:.]{15}Z web7 invar - FILE_CREATED \[invar@\d+ seq=\"\d+\".*?\] (\{.*\})")
    n = 0
    with open(path, encoding="utf-8") as f:
        for line in f:
            m = form.fullmatch(line.rstrip("\n"))
            if not m:
                print("not RFC 5424:", line[:300])
                return 1
            json.loads(m[2])
            n += 1
    return 0 if n else 1


if __name__ == "__main__":
    args = sys.argv[2:]
    if sys.argv[1] == "ports":
        ports(int(args[0]))
    elif sys.argv[1] == "hook":
        hook(int(args[0]), args[1])
    elif sys.argv[1] == "seen":
        sys.exit(seen(args[0], int(args[1]), args[2]))
    elif sys.argv[1] == "syslog":
        sys.exit(syslog(args[0]))
