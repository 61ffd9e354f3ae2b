#!/usr/bin/env python3
"""Stands in for the hub in the tests: hub.py FOLDER

Is many hubs at once: under /ID/ it serves what FOLDER/ID/state.json says, as the hub does: the list of a repository's
files, and the files, the large ones by sending the client on to a second host. Also a proxy, whose user is ID. The ports
are written to FOLDER/ports (hub, second host, proxy), every request and the bytes sent for it to FOLDER/ID/log, a JSON
object a line. Ends when its standard input does.

A fault of the state is an object: `at` (list, hub, blob), `kind`, and as wanted `path`, `times` (how many
requests it befalls; all where it is not said) and what the kind needs.
"""

import base64
import hashlib
import json
import os
import re
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote, urlsplit

root = sys.argv[1]
lock = threading.Lock()
hits = {}
ports = {}


def state(folder):
    with open(os.path.join(folder, "state.json")) as file:
        return json.load(file)


def log(folder, **entry):
    with lock, open(os.path.join(folder, "log"), "a") as file:
        file.write(json.dumps(entry) + "\n")


def fault(folder, at, path):
    """The first fault that befalls this request."""
    for one in state(folder).get("faults", []):
        if one["at"] != at or one.get("path", path) != path:
            continue
        with lock:
            seen = hits[one["id"]] = hits.get(one["id"], 0) + 1
        if seen > one.get("after", 0) and seen - one.get("after", 0) <= one.get("times", 1 << 60):
            return one
    return {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    at = "hub"
    folder = ""

    def log_message(self, *_):
        pass

    def note(self, sent, **more):
        log(self.folder, at=self.at, path=unquote(self.path), range=self.headers.get("Range"),
            token=self.headers.get("Authorization"), host=self.headers.get("Host"), sent=sent, **more)

    def answer(self, status, body=b"", **headers):
        self.note(len(body), status=status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def cut(self):
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.close_connection = True

    def common(self, one):
        """Faults that need no content; whether there was one."""
        kind = one.get("kind")
        if kind == "status":
            self.answer(one["status"], b"no", **one.get("headers", {}))
        elif kind == "hang up":
            self.note(0)
            self.cut()
        elif kind == "kill":
            with open(os.path.join(self.folder, "pid")) as file:
                os.kill(int(file.read()), signal.SIGKILL)
            self.cut()
        elif kind == "stall":
            self.note(0, stalls=True)
            time.sleep(one["seconds"])
            self.cut()
        elif kind == "headers":
            self.note(0)
            self.send_response(200)
            try:
                for number in range(one["count"]):
                    self.send_header(f"X-{number}", "x" * one["bytes"])
                    self.flush_headers()
                self.end_headers()
            except OSError:
                pass
            self.cut()
        elif kind == "redirect":
            self.answer(302, Location=one["location"].replace("HUB", os.path.basename(self.folder)))
        else:
            return False
        return True

    def do_GET(self):
        try:
            hub, path = unquote(urlsplit(self.path).path)[1:].split("/", 1)
            self.folder = os.path.join(root, hub)
            self.get("/" + path)
        except OSError:
            self.close_connection = True

    def content(self, file):
        with open(os.path.join(self.folder, file["content"]), "rb") as source:
            return source.read()

    def get(self, path):
        listing = re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/(.+)", path)
        resolve = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if listing:
            self.list(*listing.groups())
        elif resolve:
            self.resolve(*resolve.groups())
        else:
            self.answer(404)

    def list(self, name, revision):
        one = fault(self.folder, "list", name)
        if self.common(one):
            return
        if one.get("kind") == "body":
            return self.answer(200, one["text"].encode() * one.get("repeated", 1))
        repository = state(self.folder)["repositories"].get(name)
        if repository is None:
            return self.answer(404, X_Error_Code="RepoNotFound")
        if repository.get("token") and self.headers.get("Authorization") != "Bearer " + repository["token"]:
            return self.answer(401)
        if revision not in ("main", repository["commit"]):
            return self.answer(404, X_Error_Code="RevisionNotFound")
        siblings = []
        for path, file in repository["files"].items():
            bytes = self.content(file)
            sibling = {"rfilename": path, "size": len(bytes)}
            git = hashlib.sha1(b"blob %d\0" % len(bytes) + bytes).hexdigest()
            sibling["blobId"] = git
            if file.get("large"):
                sibling["lfs"] = {"sha256": hashlib.sha256(bytes).hexdigest(), "size": len(bytes), "pointerSize": 134}
            sibling.update(file.get("listed", {}))
            siblings.append(sibling)
        self.answer(200, json.dumps({"id": name, "sha": repository["commit"], "siblings": siblings}).encode(),
                    Content_Type="application/json")

    def resolve(self, name, revision, path):
        if self.common(fault(self.folder, "hub", path)):
            return
        repository = state(self.folder)["repositories"].get(name, {})
        file = repository.get("files", {}).get(path)
        if file is None or revision not in (repository["commit"], "main"):
            return self.answer(404, X_Error_Code="EntryNotFound")
        if repository.get("token") and self.headers.get("Authorization") != "Bearer " + repository["token"]:
            return self.answer(401)
        tag = file.get("tag") or hashlib.sha256(self.content(file)).hexdigest()
        if file.get("large"):
            hub = os.path.basename(self.folder)
            place = f"http://127.0.0.1:{ports['blob']}/{hub}/{quote(name)}/{quote(path)}?signature=1"
            return self.answer(302, Location=place, X_Linked_ETag=f'"{tag}"', X_Repo_Commit=repository["commit"])
        self.give(file, {}, path)

    def give(self, file, one, path):
        """The file, or the range of it that is asked for."""
        bytes, kind = self.content(file), one.get("kind")
        tag = one["tag"] if kind == "tag" else file.get("tag") or hashlib.sha256(bytes).hexdigest()
        if kind == "other content":
            bytes = bytes[::-1]
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        status, first, last = 200, 0, len(bytes) - 1
        if asked and kind != "no ranges":
            status, first = 206, int(asked[1])
            last = min(int(asked[2] or last), last)
            if first > last:
                return self.answer(416, Content_Range=f"bytes */{len(bytes)}")
        part = bytes[first : last + 1]
        length, total, stated = len(part), len(bytes), first
        if kind == "length":
            length += one["more"]
            total += one["more"]
        elif kind == "body":
            length += one["more"]
        elif kind == "range":
            stated += one["more"]
        if kind == "cut" or "cut" in one:
            part = part[: one["cut"]]
        self.send_response(status)
        self.send_header("ETag", f'"{tag}"')
        self.send_header("Accept-Ranges", "bytes")
        if not one.get("chunked"):
            self.send_header("Content-Length", str(length))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        if status == 206:
            self.send_header("Content-Range", f"bytes {stated}-{stated + last - first}/{total}")
        self.end_headers()
        sent = 0
        try:
            for start in range(0, len(part), 65536):
                self.wfile.write(part[start : start + 65536])
                sent += len(part[start : start + 65536])
            if kind == "body" and one["more"] < 0 or kind == "extra":
                self.wfile.write(b"x" * 100000)
        finally:
            self.note(sent, status=status)
        if length > len(part) or kind in ("cut", "extra", "body"):
            self.cut()


class Blob(Handler):
    at = "blob"

    def get(self, path):
        owner, name, path = path[1:].split("/", 2)
        one = fault(self.folder, "blob", path)
        if not self.common(one):
            self.give(state(self.folder)["repositories"][f"{owner}/{name}"]["files"][path], one, path)


class Proxy(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_CONNECT(self):
        token = self.headers.get("Proxy-Authorization", "")
        user = base64.b64decode(token.removeprefix("Basic ")).decode().split(":")[0]
        if not user:
            return self.send_error(407)
        log(os.path.join(root, user), at="proxy", path=self.path, token=token, sent=0)
        host, port = self.path.rsplit(":", 1)
        # Names that only the proxy knows lead to the hub, so that a test sees that the proxy was asked.
        with socket.create_connection(("127.0.0.1", int(port))) as far:
            self.send_response(200)
            self.end_headers()
            self.wfile.flush()
            back = threading.Thread(target=self.pump, args=(far, self.connection), daemon=True)
            back.start()
            self.pump(self.connection, far)
            back.join()
        self.close_connection = True

    @staticmethod
    def pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def serve(kind, handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    ports[kind] = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()


serve("hub", Handler)
serve("blob", Blob)
serve("proxy", Proxy)
with open(os.path.join(root, "ports.new"), "w") as file:
    file.write(f"{ports['hub']} {ports['blob']} {ports['proxy']}")
os.rename(os.path.join(root, "ports.new"), os.path.join(root, "ports"))
sys.stdin.read()
