"""Files, uploads and batches through the openai package."""
import hashlib
import io
import json
import time
import unittest

import openai
from openai.types import Batch, FileObject, Upload
from openai.types.uploads import UploadPart

from shared import EMBEDDER, MODEL, client, conforms


class Base(unittest.TestCase):
    def setUp(self):
        self.openai = client()

    def tearDown(self):
        self.openai.close()

    def put(self, data=b"some words", name="a.txt", purpose="user_data", **settings):
        return self.openai.files.create(file=(name, data), purpose=purpose, **settings)


class Files(Base):
    def test_bytes_come_back_as_they_were(self):
        data = bytes(range(256)) * 5000 + b"\r\n--"
        made = self.put(data, "заметка \"你好\".bin")
        conforms(FileObject, made.to_dict())
        self.assertEqual((made.bytes, made.filename), (len(data), "заметка \"你好\".bin"))
        self.assertEqual(self.openai.files.content(made.id).content, data)
        self.assertTrue(self.openai.files.delete(made.id).deleted)
        for gone in (self.openai.files.retrieve, self.openai.files.content, self.openai.files.delete):
            with self.assertRaises(openai.NotFoundError):
                gone(made.id)

    def test_lists_are_in_order_and_in_pages(self):
        made = [self.put(name=f"{n}.txt", purpose="evals").id for n in range(3)]
        page = self.openai.files.list(purpose="evals", limit=2, order="asc")
        self.assertEqual((len(page.data), page.has_more), (2, True))
        self.assertEqual([file.id for file in page if file.id in made], made)
        newest = [file.id for file in self.openai.files.list(purpose="evals") if file.id in made]
        self.assertEqual(newest, made[::-1])
        self.assertFalse([file for file in self.openai.files.list(purpose="vision") if file.id in made])

    def test_an_expiry(self):
        made = self.put(expires_after={"anchor": "created_at", "seconds": 3600})
        self.assertEqual(made.expires_at, made.created_at + 3600)
        with self.assertRaises(openai.BadRequestError) as caught:
            self.put(expires_after={"anchor": "created_at", "seconds": 3})
        self.assertIn("expires_after", caught.exception.param)

    def test_what_is_wrong_is_named(self):
        for param, settings in [("purpose", {"purpose": "decoration"}), ("file", {"data": b""})]:
            with self.assertRaises(openai.BadRequestError) as caught:
                self.put(**settings)
            self.assertEqual(caught.exception.param, param)


class Uploads(Base):
    def begin(self, size):
        return self.openai.uploads.create(
            bytes=size, filename="big.bin", mime_type="application/octet-stream", purpose="user_data")

    def test_parts_are_joined_in_the_order_of_the_end(self):
        upload = self.begin(6)
        conforms(Upload, upload.to_dict())
        second = self.openai.uploads.parts.create(upload.id, data=b"def")
        first = self.openai.uploads.parts.create(upload.id, data=b"abc")
        conforms(UploadPart, first.to_dict())
        done = self.openai.uploads.complete(
            upload.id, part_ids=[first.id, second.id], md5=hashlib.md5(b"abcdef").hexdigest())
        self.assertEqual((done.status, done.file.bytes), ("completed", 6))
        self.assertEqual(self.openai.files.content(done.file.id).content, b"abcdef")
        with self.assertRaises(openai.BadRequestError):
            self.openai.uploads.parts.create(upload.id, data=b"more")

    def test_another_size_checksum_or_part_is_refused(self):
        upload = self.begin(3)
        part = self.openai.uploads.parts.create(upload.id, data=b"abc")
        short = self.begin(9)
        for name, ids, settings in [
            (upload.id, [part.id], {"md5": hashlib.md5(b"xyz").hexdigest()}),
            (upload.id, ["part_none"], {}),
            (upload.id, [part.id, part.id], {}),
            (short.id, [self.openai.uploads.parts.create(short.id, data=b"abc").id], {}),
        ]:
            with self.assertRaises(openai.BadRequestError):
                self.openai.uploads.complete(name, part_ids=ids, **settings)
        self.assertEqual(self.openai.uploads.complete(upload.id, part_ids=[part.id]).status, "completed")
        self.assertEqual(self.openai.uploads.cancel(short.id).status, "cancelled")


class Batches(Base):
    def line(self, name, words="What is the capital of France? Answer in one word.", **body):
        body = {"model": MODEL, "messages": [{"role": "user", "content": words}], "temperature": 0, **body}
        body.setdefault("max_completion_tokens", 12)
        return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}

    def start(self, lines, endpoint="/v1/chat/completions", **settings):
        data = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
        file = self.openai.files.create(file=("lines.jsonl", io.BytesIO(data.encode())), purpose="batch")
        return self.openai.batches.create(
            input_file_id=file.id, endpoint=endpoint, completion_window="24h", **settings)

    def finished(self, batch, seconds=150):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            now = self.openai.batches.retrieve(batch.id)
            if now.status in ("completed", "failed", "expired", "cancelled"):
                return now
            time.sleep(0.1)
        self.fail(f"it does not end: {now}")

    def rows(self, name):
        rows = [json.loads(line) for line in self.openai.files.content(name).text.splitlines()]
        self.assertEqual(len({row["custom_id"] for row in rows}), len(rows))
        return {row["custom_id"]: row for row in rows}

    def test_every_line_is_answered_or_refused(self):
        batch = self.start([self.line("good"), self.line("bad", temperature=99), self.line("two")], metadata={"a": "b"})
        conforms(Batch, batch.to_dict())
        done = self.finished(batch)
        counts = done.request_counts
        self.assertEqual((done.status, counts.total, counts.completed, counts.failed), ("completed", 3, 2, 1))
        self.assertEqual(done.metadata, {"a": "b"})
        answers, wrong = self.rows(done.output_file_id), self.rows(done.error_file_id)
        self.assertEqual((set(answers), set(wrong)), ({"good", "two"}, {"bad"}))
        self.assertIn("Paris", answers["good"]["response"]["body"]["choices"][0]["message"]["content"])
        self.assertEqual(wrong["bad"]["response"]["status_code"], 400)
        self.assertEqual(done.usage.output_tokens, sum(
            row["response"]["body"]["usage"]["completion_tokens"] for row in answers.values()))
        self.assertIn(batch.id, [each.id for each in self.openai.batches.list(limit=50)])

    def test_other_endpoints(self):
        embedded = {"model": EMBEDDER, "input": "A cat."}
        responded = {"model": MODEL, "input": "Say hello.", "max_output_tokens": 8}
        for endpoint, body in [("/v1/embeddings", embedded), ("/v1/responses", responded)]:
            line = {"custom_id": "one", "method": "POST", "url": endpoint, "body": body}
            done = self.finished(self.start([line], endpoint))
            self.assertEqual(self.rows(done.output_file_id)["one"]["response"]["status_code"], 200)

    def test_a_bad_file_fails_with_its_lines(self):
        nameless = {key: value for key, value in self.line("x").items() if key != "custom_id"}
        for lines, line in [
            ([self.line("one"), "not json\n"], 2),
            ([self.line("one"), self.line("one")], 2),
            ([nameless], 1),
            ([{**self.line("one"), "url": "/v1/embeddings"}], 1),
        ]:
            failed = self.finished(self.start(lines))
            self.assertEqual((failed.status, failed.errors.data[0].line), ("failed", line))

    def test_it_is_cancelled(self):
        words = "Write a very long story."
        batch = self.start([self.line(f"{n}", words, max_completion_tokens=2000) for n in range(20)])
        self.assertIn(self.openai.batches.cancel(batch.id).status, ("cancelling", "cancelled"))
        self.assertEqual(self.finished(batch).status, "cancelled")
        with self.assertRaises(openai.BadRequestError):
            self.openai.batches.cancel(batch.id)

    def test_what_is_wrong_is_named(self):
        file = self.put(purpose="user_data")
        for param, settings in [
            ("endpoint", {"endpoint": "/v1/no/such"}), ("input_file_id", {}),
            ("input_file_id", {"input_file_id": "file-none"}), ("completion_window", {"completion_window": "1h"}),
        ]:
            wanted = {"input_file_id": file.id, "endpoint": "/v1/chat/completions", "completion_window": "24h", **settings}
            with self.assertRaises(openai.BadRequestError) as caught:
                self.openai.batches.create(**wanted)
            self.assertEqual(caught.exception.param, param)


if __name__ == "__main__":
    unittest.main()
