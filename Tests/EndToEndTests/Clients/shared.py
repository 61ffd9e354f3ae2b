"""What the tests through others' clients share: where the server is, and whether an answer has the shape it must have."""
import base64
import os
import unittest

import openai
from pydantic import TypeAdapter

URL = os.environ["TUTTI_URL"]
KEY = os.environ.get("TUTTI_KEY", "none")
MODEL = os.environ.get("TUTTI_MODEL", "qwen2.5-coder-0.5b")
EMBEDDER = "minilm"
COUNT = "Count from 1 to 10, separated by commas."
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city now.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "maxLength": 40},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}


def client(**settings):
    return openai.OpenAI(**{"base_url": URL + "/v1", "api_key": KEY, "max_retries": 0, "timeout": 120, **settings})


def async_client(**settings):
    return openai.AsyncOpenAI(**{"base_url": URL + "/v1", "api_key": KEY, "max_retries": 0, "timeout": 120, **settings})


def conforms(shape, value):
    """Raises unless every field that the openai package calls required is there with a value that it may have."""
    TypeAdapter(shape).validate_python(value)
    for name, field in getattr(shape, "model_fields", {}).items():
        assert not field.is_required() or name in value, f"{name} is missing in {value}"


def ask(openai_client, words, **settings):
    messages = [{"role": "user", "content": words}] if isinstance(words, str) else words
    settings = {"model": MODEL, "temperature": 0, "max_completion_tokens": 48, **settings}
    return openai_client.chat.completions.create(messages=messages, **settings)


def data_url(data, kind="image/png"):
    return f"data:{kind};base64," + base64.b64encode(data).decode()


def text(words):
    return {"type": "text", "text": words}


def user(*parts):
    return {"role": "user", "content": list(parts)}


class Looking(unittest.TestCase):
    """Questions whose messages have parts."""

    @classmethod
    def setUpClass(cls):
        cls.openai = client()

    @classmethod
    def tearDownClass(cls):
        cls.openai.close()

    def look(self, *parts, **settings):
        return ask(self.openai, [user(*parts)], temperature=0, max_tokens=60, **settings)


def joined(chunks, index=0):
    choices = [choice for chunk in chunks for choice in chunk.choices if choice.index == index]
    return "".join(choice.delta.content or "" for choice in choices)
