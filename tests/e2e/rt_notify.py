"""What a service manager would hear: each message to FILE, a line each."""
import socket
import sys

s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    text = s.recv(4096).decode()
    with open(sys.argv[2], "a", encoding="utf-8") as f:
        f.write(text + "\n")
