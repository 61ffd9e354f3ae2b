"""Files in messages through the openai package: PDF documents and texts, asked about, kept and refused."""
import base64
import json
import time
import unittest
from pathlib import Path

import openai

from shared import EMBEDDER, MODEL, Looking, data_url, text, user

DOCUMENTS = Path(__file__).parents[2] / "TuttiTests" / "Goldens" / "documents"
PDF = "application/pdf"
CSV = b"name,telephone\nJoan Baker,555-0142\nRui Costa,555-0199\nMei Lin,555-0121\n"
KEEPER = "What is the name of the lighthouse keeper?"


def document(name="report.pdf"):
    return (DOCUMENTS / name).read_bytes()


def file(**source):
    return {"type": "file", "file": source}


def pdf(name="report.pdf"):
    return file(file_data=data_url(document(name), PDF), filename=name)


class Documents(Looking):
    def answer(self, *parts):
        return self.look(*parts).choices[0].message.content

    def respond(self, words, part=None, **settings):
        content = ([part] if part else []) + [{"type": "input_text", "text": words}]
        return self.openai.responses.create(
            model=MODEL, input=[{"role": "user", "content": content}], temperature=0, max_output_tokens=60, **settings)

    def test_its_pages_are_read(self):
        self.assertIn("Brandt", self.answer(pdf(), text(KEEPER)))
        self.assertIn("48,200", self.answer(pdf(), text("What did the repairs cost in all?")))
        # The fourth page is a scan.
        self.assertIn("15.41", self.answer(pdf(), text("What is the total of the green grocer's receipt?")))

    def test_the_cost_is_told(self):
        said = self.look(pdf(), text(KEEPER))
        details = said.usage.prompt_tokens_details
        self.assertGreater(details.file_tokens, 200)
        self.assertLess(details.file_tokens, said.usage.prompt_tokens)
        self.assertEqual(details.image_tokens, 0)

    def test_a_text_is_read(self):
        words = text("What is the telephone number of Rui Costa?")
        for part in [file(file_data=data_url(CSV, "text/csv"), filename="people.csv"),
                     file(file_data=base64.b64encode(CSV).decode())]:
            self.assertIn("555-0199", self.answer(part, words))

    def test_an_uploaded_file_is_read(self):
        made = self.openai.files.create(file=("report.pdf", document()), purpose="user_data")
        try:
            self.assertIn("Brandt", self.answer(file(file_id=made.id), text(KEEPER)))
            part = {"type": "input_file", "file_id": made.id}
            self.assertIn("Brandt", self.respond(KEEPER, part).output_text)
        finally:
            self.openai.files.delete(made.id)

    def test_responses_read_and_remember(self):
        part = {"type": "input_file", "file_data": data_url(document(), PDF), "filename": "report.pdf"}
        made = self.respond("Which licence number has the master?", part)
        self.assertIn("FH-20731", made.output_text)
        kept = self.openai.responses.input_items.list(made.id).data[0].content[0]
        self.assertEqual((kept.type, kept.filename, kept.file_data), ("input_file", "report.pdf", part["file_data"]))
        more = self.respond(KEEPER, previous_response_id=made.id)
        self.assertIn("Brandt", more.output_text)
        talk = self.openai.conversations.create(items=[{"type": "message", "role": "user", "content": [part]}])
        self.assertIn("Brandt", self.respond(KEEPER, conversation=talk.id).output_text)

    def test_a_tool_may_give_back_a_file(self):
        call = {"type": "function_call", "call_id": "c1", "name": "fetch_report", "arguments": "{}"}
        part = {"type": "input_file", "file_data": data_url(document(), PDF), "filename": "report.pdf"}
        made = self.openai.responses.create(
            model=MODEL, temperature=0, max_output_tokens=60,
            input=[{"role": "user", "content": KEEPER}, call,
                   {"type": "function_call_output", "call_id": "c1", "output": [part]}])
        self.assertIn("Brandt", made.output_text)

    def test_a_stored_completion_keeps_its_file(self):
        made = self.look(pdf(), text(KEEPER), store=True)
        try:
            kept = list(self.openai.chat.completions.messages.list(made.id))[0]
            part = kept.to_dict()["content_parts"][0]
            self.assertEqual(part, pdf())
        finally:
            self.openai.chat.completions.delete(made.id)

    def test_batches_take_files(self):
        body = {"model": MODEL, "messages": [user(pdf(), text(KEEPER))], "temperature": 0, "max_tokens": 40}
        line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
        given = self.openai.files.create(file=("b.jsonl", json.dumps(line).encode()), purpose="batch")
        batch = self.openai.batches.create(
            input_file_id=given.id, endpoint="/v1/chat/completions", completion_window="24h")
        while batch.status not in ("completed", "failed", "expired", "cancelled"):
            time.sleep(0.5)
            batch = self.openai.batches.retrieve(batch.id)
        self.assertIsNotNone(batch.output_file_id, batch)
        answer = json.loads(self.openai.files.content(batch.output_file_id).text)["response"]["body"]
        self.assertIn("Brandt", answer["choices"][0]["message"]["content"])

    def test_what_is_not_read_is_refused(self):
        office = b"PK\x03\x04" + bytes(40)
        for data, words in [(office, "Markdown, CSV, JSON"), (document("closed.pdf"), "password"),
                            (document("broken.pdf"), "damaged"), (b"\xff\xfe\xff\x00\x00\xd8", "UTF-8")]:
            with self.assertRaises(openai.BadRequestError) as caught:
                self.look(text("See:"), file(file_data=base64.b64encode(data).decode(), filename="it"))
            self.assertEqual(caught.exception.code, "invalid_file")
            self.assertEqual(caught.exception.param, "messages[0].content[1].file.file_data")
            self.assertIn(words, str(caught.exception))
        with self.assertRaises(openai.BadRequestError) as caught:
            self.look(text("See:"), file(file_id="file-nowhere"))
        self.assertEqual(caught.exception.param, "messages[0].content[1].file.file_id")
        # Of addresses nothing is fetched unless the server was started so.
        with self.assertRaises(openai.BadRequestError) as caught:
            self.respond("See:", {"type": "input_file", "file_url": "https://192.168.0.1/a.pdf"})
        self.assertEqual(caught.exception.code, "url_fetch_disabled")
        self.assertEqual(caught.exception.param, "input[0].content[0].file_url")

    def test_who_embeds_texts_takes_no_pictures(self):
        for picture in ["iVBORw0KGgo=", "data:image/png;base64,iVBORw0KGgo="]:
            with self.assertRaises(openai.BadRequestError) as caught:
                self.openai.embeddings.create(model=EMBEDDER, input=["a", {"image": picture}])
            self.assertEqual(caught.exception.param, "input[1].image")
            self.assertIn("no pictures", str(caught.exception))
        kinds = {model.id: model.to_dict()["input_modalities"] for model in self.openai.models.list()}
        self.assertEqual((kinds[EMBEDDER], kinds[MODEL]), (["text"], ["text"]))


if __name__ == "__main__":
    unittest.main()
