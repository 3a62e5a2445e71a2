#!/usr/bin/python3
"""A small service of the fault lab: answers HTTP on a port of all addresses; /big is a download without end.

  svc.py PORT        SIGUSR1: accept and read but never answer; SIGUSR2: answer again
"""
import select
import signal
import socket
import sys
import threading
import time

hung = threading.Event()


def serve(c):
    try:
        c.settimeout(30)
        request = c.recv(4096)
        began = time.monotonic()
        while hung.is_set() and time.monotonic() - began < 300:
            select.select([], [], [], 0.2)
        if request.startswith(b"GET /big "):
            c.sendall(b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n")
            while True:
                c.sendall(bytes(16384))
        body = b"ok %d\n" % int(time.time())
        c.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        c.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    finally:
        c.close()


signal.signal(signal.SIGUSR1, lambda *_: hung.set())
signal.signal(signal.SIGUSR2, lambda *_: hung.clear())
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", int(sys.argv[1])))
s.listen(64)
while True:
    connection, _ = s.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
