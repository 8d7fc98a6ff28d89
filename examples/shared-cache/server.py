"""Counts requests in Redis and returns the count."""

import os
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer

CACHE = os.environ["CACHE_HOST"], int(os.environ["CACHE_PORT"])


class Hits(BaseHTTPRequestHandler):
    def do_GET(self):
        with socket.create_connection(CACHE) as connection:
            connection.sendall(f"AUTH {os.environ['CACHE_PASSWORD']}\r\nINCR hits\r\n".encode())
            answers = connection.makefile("rb")
            answers.readline()
            count = answers.readline().lstrip(b":")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(count)


HTTPServer(("", 8000), Hits).serve_forever()
