"""Kills the server (SIGKILL) while it writes, again and again, and looks for everything that it had acknowledged.

    scripts/crash-test.py PROGRAM [--kills N] [--model NAME] [--seed N]

Threads upload files whole and in parts, begin conversations and add to them, ask for responses, and delete some of it,
as fast as they are answered. At a random moment the server is killed and started again. Then every object whose answer
had come is fetched: it must be there, byte for byte, and what was deleted must be gone. One batch runs through all of it;
at the end each of its lines must have been answered exactly once. Needs nothing but Python and the built program.
"""
import argparse
import hashlib
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid

LINES = 60


class Server:
    def __init__(self, program, folder):
        self.command = [program, "serve", "--port", "0", "--data", folder, "--log-level", "error"]
        self.process = self.port = None

    def start(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TUTTI_API")}
        self.process = subprocess.Popen(
            self.command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment, text=True)
        told = ""
        for line in self.process.stderr:
            told += line
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        else:
            sys.exit(f"the server does not start:\n{told}")
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def ask(self, method, path, body=None, kind="application/json", connection=None):
        """Status and answer; OSError or HTTPException when the server is gone."""
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        connection.request(method, path, body, {"Content-Type": kind} if body is not None else {})
        answer = connection.getresponse()
        data = answer.read()
        if answer.status >= 500 and answer.status not in (503,):
            raise AssertionError(f"{method} {path}: {answer.status} {data[:300]}")
        return answer.status, data


def form(field, data, **texts):
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in texts.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="{field}"; filename="f.bin"\r\n\r\n'.encode()
    return b"".join(parts) + head + data + f"\r\n--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def message(text):
    return {"type": "message", "role": "user", "content": text}


class Ledger:
    """What the server has acknowledged: a path, and what has to be found there (None: nothing)."""

    def __init__(self):
        self.lock = threading.Lock()
        self.kept, self.fresh = {}, {}

    def note(self, path, expected):
        with self.lock:
            self.fresh[path] = expected

    def forget(self, path):
        """Before a deletion is asked for: it may happen although its answer is never heard."""
        with self.lock:
            self.fresh.pop(path, None)
            self.kept.pop(path, None)

    def check(self, server, everything=False):
        with self.lock:
            wanted = {**self.kept, **self.fresh} if everything else dict(self.fresh)
            self.kept.update(self.fresh)
            self.fresh = {}
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for path, expected in wanted.items():
            status, data = server.ask("GET", path, connection=connection)
            if expected is None:
                assert status == 404, f"{path} was deleted, and is there: {data[:200]}"
                continue
            assert status == 200, f"{path} was acknowledged, and is not there: {status} {data[:200]}"
            found = hashlib.sha256(data).hexdigest() if path.endswith("/content") else texts(json.loads(data))
            assert found == expected, f"{path} holds {found}, and {expected} was acknowledged"
        return len(wanted)


def texts(answer):
    """What has to be the same before and after: the texts of a list of items, else the id and what was answered."""
    if answer["object"] == "list":
        return [item["content"][0]["text"] for item in answer["data"]]
    return [answer["id"], answer.get("status"), answer.get("output"), answer.get("metadata")]


def write_files(server, ledger, dice):
    data = dice.randbytes(dice.choice([1, 1000, 70_000, 600_000]))
    body, kind = form("file", data, purpose="user_data")
    status, answer = server.ask("POST", "/v1/files", body, kind)
    assert status == 200, answer
    name = json.loads(answer)["id"]
    path = f"/v1/files/{name}/content"
    ledger.note(path, hashlib.sha256(data).hexdigest())
    if dice.random() < 0.2:
        ledger.forget(path)
        status, _ = server.ask("DELETE", f"/v1/files/{name}")
        assert status == 200
        ledger.note(path, None)


def write_uploads(server, ledger, dice):
    pieces = [dice.randbytes(dice.randrange(1, 90_000)) for _ in range(3)]
    whole = b"".join(pieces)
    begun = {"bytes": len(whole), "filename": "f.bin", "mime_type": "x/y", "purpose": "user_data"}
    upload = json.loads(server.ask("POST", "/v1/uploads", begun)[1])["id"]
    parts = []
    for piece in pieces:
        body, kind = form("data", piece)
        parts.append(json.loads(server.ask("POST", f"/v1/uploads/{upload}/parts", body, kind)[1])["id"])
    done = {"part_ids": parts, "md5": hashlib.md5(whole).hexdigest()}
    status, answer = server.ask("POST", f"/v1/uploads/{upload}/complete", done)
    assert status == 200, answer
    ledger.note(f"/v1/files/{json.loads(answer)['file']['id']}/content", hashlib.sha256(whole).hexdigest())


def write_conversations(server, ledger, dice):
    said = [f"word {dice.random()}"]
    status, answer = server.ask("POST", "/v1/conversations", {"items": [message(said[0])]})
    assert status == 200, answer
    path = f"/v1/conversations/{json.loads(answer)['id']}/items"
    for _ in range(dice.randrange(4)):
        # While more is being added, what is there is not certain.
        more = [f"word {dice.random()}" for _ in range(2)]
        ledger.forget(path + "?order=asc")
        status, answer = server.ask("POST", path, {"items": [message(text) for text in more]})
        assert status == 200, answer
        said += more
        ledger.note(path + "?order=asc", said[:])


def write_responses(model):
    def write(server, ledger, dice):
        wanted = {"model": model, "input": "Count.", "max_output_tokens": 2, "metadata": {"n": str(dice.random())}}
        status, answer = server.ask("POST", "/v1/responses", wanted)
        if status != 200:
            assert status == 503, answer
            return
        made = json.loads(answer)
        ledger.note(f"/v1/responses/{made['id']}", texts(made))

    return write


def writer(job, server, ledger, dice, stop, wrong):
    while not stop.is_set():
        try:
            job(server, ledger, dice)
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            if not stop.is_set() and server.process.poll() is None:
                time.sleep(0.05)
        except AssertionError as error:
            wrong.append(str(error))
            return


def begin_batch(server, model):
    line = {"method": "POST", "url": "/v1/chat/completions"}
    body = {"model": model, "messages": [{"role": "user", "content": "Say a word."}], "max_completion_tokens": 6}
    data = "".join(json.dumps({**line, "custom_id": f"line{n}", "body": body}) + "\n" for n in range(LINES))
    multipart, kind = form("file", data.encode(), purpose="batch")
    file = json.loads(server.ask("POST", "/v1/files", multipart, kind)[1])["id"]
    wanted = {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    return json.loads(server.ask("POST", "/v1/batches", wanted)[1])["id"]


def check_batch(server, batch, before):
    """The lines that have been answered so far, which never become fewer."""
    now = json.loads(server.ask("GET", f"/v1/batches/{batch}")[1])
    count = now["request_counts"]["completed"]
    assert count >= before, f"the batch had answered {before} lines, and has {count} now"
    return count


def finish_batch(server, batch, seconds=600):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        now = json.loads(server.ask("GET", f"/v1/batches/{batch}")[1])
        if now["status"] in ("completed", "failed", "expired", "cancelled"):
            break
        time.sleep(0.2)
    assert now["status"] == "completed" and now["request_counts"] == {
        "total": LINES, "completed": LINES, "failed": 0,
    }, now
    _, data = server.ask("GET", f"/v1/files/{now['output_file_id']}/content")
    rows = [json.loads(line) for line in data.decode().splitlines()]
    assert [row["custom_id"] for row in rows] == [f"line{n}" for n in range(LINES)], "a line is missing or there twice"
    assert len({row["id"] for row in rows}) == LINES


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    dice, ledger = random.Random(options.seed), Ledger()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(options.program, folder)
        server.start()
        jobs = [write_files, write_uploads, write_conversations, write_responses(options.model)]
        batch, answered, found, wrong = begin_batch(server, options.model), 0, 0, []
        try:
            for kill in range(options.kills):
                stop = threading.Event()
                threads = [
                    threading.Thread(
                        target=writer, args=(job, server, ledger, random.Random(dice.random()), stop, wrong))
                    for job in jobs
                ]
                for thread in threads:
                    thread.start()
                time.sleep(dice.uniform(0.2, 3))
                server.kill()
                stop.set()
                for thread in threads:
                    thread.join()
                server.start()
                found += ledger.check(server)
                answered = check_batch(server, batch, answered)
                assert not wrong, wrong[0]
            everything = ledger.check(server, everything=True)
            finish_batch(server, batch)
        finally:
            server.kill()
    print(f"{options.kills} kills: {found} acknowledged objects found again, {everything} of them at the end; "
          f"{LINES} lines of a batch answered once each")


if __name__ == "__main__":
    main()
