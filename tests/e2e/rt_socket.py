"""Clients of the control socket that are not ours. SOCKET stranger|refused|hostile|crowd|members"""
import os
import socket
import struct
import sys
import time

STATUS = b"\x81\x0a"
SCAN = b"\x83\x0c\x80\xf4"
DENIED = -3


def connect():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    for _ in range(100):
        try:
            s.connect(sys.argv[1])
            break
        except BlockingIOError:  # so many wait that no more may
            time.sleep(0.1)
    s.settimeout(20)
    return s


def send(s, frame):
    s.sendall(struct.pack("<I", len(frame)) + frame)


def receive(s):
    head = s.recv(4, socket.MSG_WAITALL)
    if len(head) < 4:
        return None
    return s.recv(struct.unpack("<I", head)[0], socket.MSG_WAITALL)


def works():
    s = connect()
    send(s, STATUS)
    answer = receive(s)
    assert answer and answer[:3] == b"\x83\x0f\x00", answer


def ended(s):
    """Whatever it says, the connection ends."""
    try:
        while s.recv(65536):
            pass
    except ConnectionResetError:
        pass


def stranger():
    try:
        connect()
    except PermissionError:
        return
    raise AssertionError("connected")


def refused():
    s = connect()
    answer = receive(s)
    assert answer and answer[:3] == b"\x83\x0f\x22", answer
    assert receive(s) is None


def hostile():
    frames = [b"", b"\x00", b"\xff" * 50, b"\x81\x18\xff", b"\x81\x00", b"\x81\x04", b"\x81\x08",
              b"\x83\x09\x00\x00", b"\x82\x0a\x00", STATUS + b"\x00", b"\x9b" + b"\xff" * 8,
              b"\x83\x0c\x9a\xff\xff\xff\xff\xf5", os.urandom(200)]
    for frame in frames:
        s = connect()
        send(s, frame)
        ended(s)
        works()
    for head in (0xFFFFFFFF, 1 << 20):
        s = connect()
        s.sendall(struct.pack("<I", head) + b"x" * 1000)
        ended(s)
    half = connect()
    half.sendall(b"\x02\x00")
    s = connect()
    send(s, STATUS)
    s.close()  # does not wait for the answer
    many = connect()  # asks more than may wait, without reading: the frames before are answered
    for _ in range(40):
        send(many, SCAN)
    ended(many)
    slow = connect()  # never reads what it asked for
    try:
        for _ in range(20000):
            send(slow, STATUS)
    except (ConnectionResetError, BrokenPipeError, socket.timeout):
        pass
    works()


def crowd():
    clients = []
    for _ in range(80):
        clients.append(connect())
    for s in clients:
        s.close()
    for left in range(50, -1, -1):  # until the agent has seen that they are gone
        try:
            return works()
        except (AssertionError, OSError):
            if not left:
                raise
            time.sleep(0.1)


def members():
    clients = []
    for _ in range(80):
        clients.append(connect())
    print("there", flush=True)
    sys.stdin.read()


{"stranger": stranger, "refused": refused, "hostile": hostile, "crowd": crowd, "members": members}[
    sys.argv[2]
]()
