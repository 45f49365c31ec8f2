"""
The least of Redis, PostgreSQL, MySQL and AWS that their clients need, on real sockets.

Runs on Python 3.8 and later, with nothing but the standard library.

    Redis        RESP2 and RESP3: https://redis.io/docs/latest/develop/reference/protocol-spec/
    PostgreSQL   protocol 3.0, simple queries: "Message Formats" in its manual
    MySQL        handshake v10, text protocol: "Client/Server Protocol" in its manual
"""

import hashlib
import http.server
import json
import socketserver
import struct
import threading

REQUESTS = []
"""What all HTTP servers got: method, path and headers of each request."""


def start(handler):
    """Start a server on a free port and return it."""
    handler.disable_nagle_algorithm = True
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def serve(handler):
    """Start a server, which ends with the process, and return its port."""
    return start(handler).server_address[1]


class Http(http.server.BaseHTTPRequestHandler):
    """Answers `/status/N` with N and all other paths with 200; stores what it got."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        REQUESTS.append((self.command, self.path, headers))
        self.respond()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def respond(self):
        _, _, code = self.path.partition("/status/")
        self.send(int(code or 200), b"a cake\n", {"Location": "/moved"})

    def send(self, code, body, headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Aws(Http):
    """DynamoDB (JSON) and S3 (bodies); the table `missing` does not exist."""

    def respond(self):
        operation = self.headers.get("X-Amz-Target")
        headers = {"x-amzn-RequestId": "id-of-request", "x-amz-request-id": "id-of-s3"}
        if operation is None:
            # A checksum would have to be right; an ETag and a length are enough.
            etag = '"{}"'.format(hashlib.md5(b"a cake\n").hexdigest())
            headers.update({"ETag": etag, "Content-Type": "text/plain"})
            self.send(200, b"" if self.command == "PUT" else b"a cake\n", headers)
        elif b'"missing"' in self.body:
            kind = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
            body = {"__type": kind, "message": "no such table"}
            self.send(400, json.dumps(body).encode(), headers)
        else:
            self.send(200, b"{}", headers)


class Redis(socketserver.StreamRequestHandler):
    """Keeps text under keys."""

    values = {}

    def handle(self):
        self.queued = None
        self.null = b"$-1\r\n"
        while True:
            line = self.rfile.readline()
            if not line:
                return
            command = []
            for _ in range(int(line[1:])):
                size = int(self.rfile.readline()[1:])
                command.append(self.rfile.read(size + 2)[:-2])
            self.wfile.write(self.answer(command[0].upper(), command[1:]))

    def answer(self, name, arguments):
        if name == b"EXEC":
            answers, self.queued = self.queued, None
            return b"*%d\r\n" % len(answers) + b"".join(answers)
        if name == b"MULTI":
            self.queued = []
            return b"+OK\r\n"
        answer = self.answer_now(name, arguments)
        if self.queued is None:
            return answer
        self.queued.append(answer)
        return b"+QUEUED\r\n"

    def answer_now(self, name, arguments):
        if name == b"HELLO":
            self.null = b"_\r\n" if arguments[0] == b"3" else self.null
            return b"%1\r\n$5\r\nproto\r\n:" + arguments[0] + b"\r\n"
        if name == b"GET":
            value = self.values.get(arguments[0])
            return (
                self.null if value is None else b"$%d\r\n%s\r\n" % (len(value), value)
            )
        if name == b"SETNX" and arguments[0] in self.values:
            return b":0\r\n"
        if name in {b"SET", b"SETEX", b"SETNX"}:
            self.values[arguments[0]] = arguments[-1]
            return b":1\r\n" if name == b"SETNX" else b"+OK\r\n"
        if name == b"INCRBY":
            return b"-ERR value is not an integer or out of range\r\n"
        return b"+OK\r\n"


class Postgres(socketserver.StreamRequestHandler):
    """Answers each SELECT with one row, `1`; SQL with `boom` is an error."""

    def handle(self):
        while True:
            size, code = struct.unpack("!II", self.rfile.read(8))
            self.rfile.read(size - 8)
            if code == 3 << 16:  # protocol 3.0; all else asks for encryption
                break
            self.wfile.write(b"N")
        self.send(b"R", struct.pack("!I", 0))
        for name, value in (("server_version", "13.0"), ("client_encoding", "UTF8")):
            self.send(b"S", name.encode() + b"\0" + value.encode() + b"\0")
        self.send(b"S", b"standard_conforming_strings\0on\0")
        self.send(b"K", struct.pack("!II", 1, 2))
        self.state = b"I"
        self.send(b"Z", self.state)
        while True:
            kind = self.rfile.read(1)
            if kind in {b"", b"X"}:
                return
            body = self.rfile.read(struct.unpack("!I", self.rfile.read(4))[0] - 4)
            self.answer(body.rstrip(b"\0"))

    def answer(self, sql):
        word = sql.split()[0].upper()
        if b"boom" in sql:
            self.send(b"E", b"SERROR\0C42601\0Msyntax error\0\0")
        else:
            if word == b"SELECT":
                column = b"n\0" + struct.pack("!IHIHIH", 0, 0, 23, 4, 0xFFFFFFFF, 0)
                self.send(b"T", struct.pack("!H", 1) + column)
                self.send(b"D", struct.pack("!HI", 1, 1) + b"1")
            self.state = {b"BEGIN": b"T", b"COMMIT": b"I", b"ROLLBACK": b"I"}.get(
                word, self.state
            )
            tags = {b"SELECT": b"SELECT 1", b"INSERT": b"INSERT 0 1"}
            self.send(b"C", tags.get(word, word) + b"\0")
        self.send(b"Z", self.state)

    def send(self, kind, body):
        self.wfile.write(kind + struct.pack("!I", len(body) + 4) + body)


class Mysql(socketserver.StreamRequestHandler):
    """Answers each SELECT with one row, `1`; SQL with `boom` is an error."""

    def handle(self):
        self.number = 0
        # Protocol 41, transactions, secure connection, plug-ins, multiple results.
        abilities = 0x0200 | 0x2000 | 0x8000 | 0x80000 | 0x20000 | 0x8
        self.send(
            b"\x0a5.7.0\0"
            + struct.pack("<I", 1)
            + b"8 bytes!\0"
            + struct.pack("<HBHHB", abilities & 0xFFFF, 33, 2, abilities >> 16, 21)
            + bytes(10)
            + b"12 bytes....\0mysql_native_password\0"
        )
        self.receive()
        self.ok()
        while True:
            packet = self.receive()
            if not packet or packet[0] == 1:  # COM_QUIT
                return
            if packet[0] == 3 and b"boom" in packet:
                self.send(b"\xff" + struct.pack("<H", 1064) + b"#42000syntax error")
            elif packet[0] == 3 and packet[1:].upper().startswith(b"SELECT"):
                self.rows()
            else:
                self.ok()

    def rows(self):
        self.send(b"\x01")
        texts = b"".join(
            struct.pack("B", len(t)) + t for t in (b"def", b"", b"", b"", b"n", b"")
        )
        self.send(texts + b"\x0c" + struct.pack("<HIBHB", 33, 4, 3, 0, 0) + bytes(2))
        self.send(b"\xfe" + struct.pack("<HH", 0, 2))
        self.send(b"\x011")
        self.send(b"\xfe" + struct.pack("<HH", 0, 2))

    def ok(self):
        self.send(b"\0\0\0" + struct.pack("<HH", 2, 0))

    def send(self, body):
        header = struct.pack("<I", len(body))[:3] + struct.pack("B", self.number)
        self.number = (self.number + 1) % 256
        self.wfile.write(header + body)

    def receive(self):
        header = self.rfile.read(4)
        if len(header) < 4:
            return b""
        self.number = header[3] + 1
        return self.rfile.read(int.from_bytes(header[:3], "little"))
