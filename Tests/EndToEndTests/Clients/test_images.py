"""Pictures through the openai package: questions about what is written in them, and what is refused."""
import unittest
from pathlib import Path

import openai

from shared import MODEL, Looking, ask, data_url, text, user

GOLDENS = Path(__file__).parents[2] / "VisionTests" / "Goldens"


def golden(name):
    return next(GOLDENS.rglob(name)).read_bytes()


def image(data, **more):
    return {"type": "image_url", "image_url": {"url": data_url(data), **more}}


RECEIPT, FORM, TABLE = "02-receipt.png", "03-form.png", "04-table.png"


class Pictures(Looking):
    def test_a_receipt_is_read(self):
        for detail in ["low", "high", "auto"]:
            said = self.look(image(golden(RECEIPT), detail=detail), text("What is the total on this receipt?"))
            self.assertIn("15.41", said.choices[0].message.content, detail)
            self.assertGreater(said.usage.prompt_tokens_details.image_tokens, 20)

    def test_two_pictures_are_told_apart(self):
        said = self.look(
            image(golden(FORM)), image(golden(RECEIPT)), text("What is the full name in the form of picture 1?"))
        self.assertIn("Margaret Ellis", said.choices[0].message.content)

    def test_it_is_remembered(self):
        messages = [
            user(image(golden(FORM)), text("Here is a form.")), {"role": "assistant", "content": "I see it."},
            user(text("Which postcode is in the form?")),
        ]
        said = ask(self.openai, messages, temperature=0, max_tokens=40)
        self.assertIn("EH6 8PL", said.choices[0].message.content)

    def test_a_tool_may_show_a_picture(self):
        call = {"id": "c1", "type": "function", "function": {"name": "screenshot", "arguments": "{}"}}
        messages = [
            user(text("What total does the receipt on my screen say?")),
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": [image(golden(RECEIPT))]},
        ]
        tool = {"type": "function", "function": {"name": "screenshot", "parameters": {"type": "object"}}}
        said = ask(self.openai, messages, temperature=0, max_tokens=60, tools=[tool])
        self.assertIn("15.41", said.choices[0].message.content)

    def test_responses_look_and_remember(self):
        file = self.openai.files.create(file=("form.png", golden(FORM)), purpose="vision")
        try:
            parts = [{"type": "input_image", "file_id": file.id, "detail": "auto"},
                     {"type": "input_text", "text": "What is the date of birth in this form?"}]
            made = self.openai.responses.create(
                model=MODEL, input=[{"role": "user", "content": parts}], temperature=0, max_output_tokens=60)
            self.assertIn("23 March 1987", made.output_text)
            items = self.openai.responses.input_items.list(made.id).data
            self.assertEqual(items[0].content[0].file_id, file.id)
            more = self.openai.responses.create(
                model=MODEL, input="Which street is in the form?", previous_response_id=made.id, temperature=0,
                max_output_tokens=60)
            self.assertIn("Harbour View", more.output_text)
        finally:
            self.openai.files.delete(file.id)

    def test_what_is_no_picture_is_refused(self):
        receipt = golden(RECEIPT)
        for url in [data_url(b"not a picture"), data_url(receipt[:len(receipt) // 2]),
                    data_url(b"<b>", "text/html"), "door.png", "https://192.168.0.1/a.png"]:
            part = {"type": "image_url", "image_url": {"url": url}}
            with self.assertRaises(openai.BadRequestError) as caught:
                self.look(text("See:"), part)
            self.assertTrue(caught.exception.param.startswith("messages[0].content[1]"), caught.exception)


if __name__ == "__main__":
    unittest.main()
