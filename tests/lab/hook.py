#!/usr/bin/python3
"""hook.py PORT FOLDER STATUS...: answers the n-th POST with the n-th STATUS (the last one for ever), keeps each as FOLDER/N.post.

A STATUS "stall" reads the request and never answers, "flood" answers 200 with an endless body, "302" points elsewhere. Prints "ready".
"""
import http.server
import os
import sys
import time

port, folder, statuses = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
count = 0


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        with open(os.path.join(folder, "followed"), "w"):
            self.send_error(404)

    def do_POST(self):
        global count
        count += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = "".join(f"{k}: {v}\n" for k, v in self.headers.items())
        path = os.path.join(folder, f"{count}.post")
        with open(path + ".part", "wb") as f:
            f.write(head.encode() + b"\n" + body)
        os.rename(path + ".part", path)
        status = statuses[min(count, len(statuses)) - 1]
        if status == "stall":
            time.sleep(3600)
        self.send_response(200 if status == "flood" else int(status))
        if status == "flood":
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                return
        if status == "302":
            self.send_header("Location", f"http://127.0.0.1:{port}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Receiver)
server.daemon_threads = True
print("ready", flush=True)
server.serve_forever()
