"""Writes a message to a queue and reads one back. It implements the required part of AMQP 0-9-1, because the
image has Python but no client."""

import os
import socket
import struct
import sys

FRAME_METHOD, FRAME_HEADER, FRAME_BODY = 1, 2, 3


def short(text):
    return bytes([len(text)]) + text.encode()


def long(data):
    return struct.pack(">I", len(data)) + data


class Connection:
    """A connection with a channel in a virtual host."""

    def __init__(self, vhost):
        env = os.environ
        self.socket = socket.create_connection((env["HOST"], int(env["PORT"])), 20)
        self.stream = self.socket.makefile("rb")
        self.socket.sendall(b"AMQP\0\0\x09\x01")
        self.expect(10, 10)
        login = f"\0{env['NAME']}\0{env['PASSWORD']}".encode()
        self.call(0, 10, 11, long(b"") + short("PLAIN") + long(login) + short("en_US"))
        tune = self.expect(10, 30)
        self.call(0, 10, 31, tune[:6] + struct.pack(">H", 0))
        self.call(0, 10, 40, short(vhost) + short("") + b"\0")
        self.expect(10, 41)
        self.call(1, 20, 10, short(""))
        self.expect(20, 11)

    def send(self, kind, channel, payload):
        self.socket.sendall(struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce")

    def call(self, channel, group, method, arguments):
        self.send(FRAME_METHOD, channel, struct.pack(">HH", group, method) + arguments)

    def receive(self):
        header = self.stream.read(7)
        if len(header) < 7:
            raise ConnectionError("the server closed the connection")
        kind, _, size = struct.unpack(">BHI", header)
        payload = self.stream.read(size + 1)[:-1]
        return kind, payload

    def expect(self, group, method):
        kind, payload = self.receive()
        found = struct.unpack(">HH", payload[:4])
        if kind != FRAME_METHOD or found != (group, method):
            raise ConnectionError(f"expected {group}.{method}, found {found}: {payload[4:]}")
        return payload[4:]

    def declare(self, queue):
        """Declares a queue that outlives the server, and returns the number of its messages."""
        durable = b"\x02"
        self.call(1, 50, 10, b"\0\0" + short(queue) + durable + long(b""))
        rest = self.expect(50, 11)
        return struct.unpack(">II", rest[1 + rest[0] :])[0]

    def publish(self, queue, body):
        self.call(1, 60, 40, b"\0\0" + short("") + short(queue) + b"\0")
        persistent = struct.pack(">HB", 0x1000, 2)
        self.send(FRAME_HEADER, 1, struct.pack(">HHQ", 60, 0, len(body)) + persistent)
        self.send(FRAME_BODY, 1, body)

    def get(self, queue):
        """Returns a message, which remains in the queue because it is never acknowledged."""
        self.call(1, 60, 70, b"\0\0" + short(queue) + b"\0")
        self.expect(60, 71)
        self.receive()
        return self.receive()[1]


def main():
    try:
        Connection(os.environ["OTHER"])
    except ConnectionError as error:
        print("as it should be:", error)
    else:
        sys.exit("the user of one virtual host can use another")
    connection = Connection(os.environ["VHOST"])
    before = connection.declare("runs")
    connection.publish("runs", b"hello")
    body = connection.get("runs")
    if body != b"hello":
        sys.exit(f"expected another message than {body}")
    print(f"runs: {before + 1}")


main()
