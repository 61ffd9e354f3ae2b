"""Generated schemas, answered at a temperature that makes a model say anything: every answer that ends is valid.

COUNT=500 asks for more than the tests do, SEED=N for others, WORKERS=N for so many at once; TOKENS=N lets answers be
longer. Counts go to standard error.
"""
import collections
import concurrent.futures
import json
import os
import random
import sys
import unittest

import jsonschema
import openai

from shared import MODEL, client

COUNT = int(os.environ.get("COUNT", "16"))
SEED = int(os.environ.get("SEED", "1"))
WORKERS = int(os.environ.get("WORKERS", "4"))
TOKENS = int(os.environ.get("TOKENS", "160"))
WORDS = "name age city price tags notes items state kind when count size color owner parts level".split()
PATTERNS = ["^[A-Z]{2}-[0-9]{3}$", "^[a-z]+( [a-z]+){0,3}$", "b+", "^(red|green|blue)!*$", r"^\d{1,4}(\.\d\d)?$", "^[^x]*$"]
FORMATS = ["date", "time", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"]


class Schemas:
    """Schemas drawn at random, of all the keywords that the guide names."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def value(self, depth):
        kinds = [self.string, self.string, self.integer, self.number, self.choice, self.flag]
        if depth > 0:
            kinds += [self.object, self.object, self.array, self.array, self.either, self.both, self.tuple]
        return self.random.choice(kinds)(depth - 1)

    def string(self, _):
        draw = self.random.randrange(5)
        if draw == 0:
            return {"type": "string", "pattern": self.random.choice(PATTERNS)}
        if draw == 1:
            return {"type": "string", "format": self.random.choice(FORMATS)}
        least = self.random.choice([0, 0, 1, 3])
        return {"type": "string", "minLength": least, "maxLength": least + self.random.choice([0, 5, 30])}

    def integer(self, _):
        schema = {"type": "integer"}
        if self.random.random() < 0.6:
            schema["minimum"] = self.random.randrange(-200, 200)
            schema["maximum"] = schema["minimum"] + self.random.randrange(0, 1000)
        elif self.random.random() < 0.5:
            schema["multipleOf"] = self.random.choice([2, 5, 7, 12])
        return schema

    def number(self, _):
        if self.random.random() < 0.3:
            return {"type": "number", "multipleOf": self.random.choice([0.5, 0.25, 3])}
        low = self.random.randrange(-50, 50) / 4
        bound = self.random.choice(["minimum", "exclusiveMinimum"])
        return {"type": "number", bound: low, "maximum": low + self.random.choice([0.5, 7, 1000])}

    def choice(self, _):
        if self.random.random() < 0.3:
            return {"const": self.random.choice([1, "fixed", None, [1, "a"], {"a": True}])}
        return {"enum": self.random.sample(["a", "b c", "ü", 1, 2.5, None, True, [1], {"k": "v"}], 3)}

    def flag(self, _):
        return self.random.choice([{"type": "boolean"}, {"type": ["boolean", "null"]}, {"type": "null"}])

    def object(self, depth):
        names = self.random.sample(WORDS, self.random.randrange(1, 5))
        schema = {"type": "object", "properties": {name: self.value(depth) for name in names}}
        schema["required"] = self.random.sample(names, self.random.randrange(0, len(names) + 1))
        draw = self.random.randrange(6)
        if draw < 3:
            schema["additionalProperties"] = False
        elif draw == 3:
            schema["additionalProperties"] = self.integer(0)
            schema["maxProperties"] = len(names) + 1
        elif draw == 4:
            schema["patternProperties"] = {"^x_": self.flag(0)}
            schema["additionalProperties"] = False
        else:
            schema["dependentRequired"] = {names[0]: [names[-1]]}
            schema["additionalProperties"] = False
        return schema

    def array(self, depth):
        least = self.random.randrange(0, 3)
        schema = {"type": "array", "items": self.value(depth), "minItems": least}
        schema["maxItems"] = least + self.random.randrange(0, 4)
        if self.random.random() < 0.2:
            schema["items"] = {"enum": ["p", "q", "r", 4, 5, None]}
            schema["uniqueItems"] = True
        return schema

    def tuple(self, depth):
        first = [self.value(depth) for _ in range(self.random.randrange(1, 3))]
        return {"type": "array", "prefixItems": first, "items": False, "minItems": len(first)}

    def either(self, depth):
        return {self.random.choice(["anyOf", "oneOf"]): [self.value(depth) for _ in range(self.random.randrange(2, 4))]}

    def both(self, depth):
        one, other = self.object(depth), self.object(depth)
        for schema in (one, other):
            schema.pop("additionalProperties", None)
            schema.pop("maxProperties", None)
        shared = set(one["properties"]) & set(other["properties"])
        for name in shared:
            del other["properties"][name]
        other["required"] = [name for name in other["required"] if name not in shared]
        other.pop("dependentRequired", None)
        return {"allOf": [one, other]}

    def recursive(self):
        node = {
            "type": "object",
            "properties": {"value": self.value(0), "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]}},
            "required": ["value", "next"],
            "additionalProperties": False,
        }
        return {"$defs": {"node": node}, "$ref": "#/$defs/node"}

    def whole(self):
        if self.random.random() < 0.1:
            return self.recursive()
        schema = self.object(2)
        if self.random.random() < 0.15:
            name = next(iter(schema["properties"]))
            schema["if"] = {"required": [name]}
            schema["then"] = {"required": list(schema["properties"])}
        return schema


def answer(openai_client, number):
    """The schema of that number, why its answer ended, the answer, and its tokens.

    Now and then a schema is drawn that nothing satisfies, `oneOf` of two equal ones say, or whose `oneOf` overlaps where
    that cannot be told apart: it has to be refused for that.
    """
    schema = Schemas(SEED * 100_000 + number).whole()
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    prompt = "Make up an example of this and say nothing else: " + json.dumps(schema)
    try:
        made = openai_client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": prompt}],
            response_format=form,
            temperature=1.5,
            seed=number,
            max_tokens=TOKENS,
            timeout=600,
        )
    except openai.BadRequestError as error:
        return schema, "refused", str(error), 0
    choice = made.choices[0]
    return schema, choice.finish_reason, choice.message.content, made.usage.completion_tokens


class Structured(unittest.TestCase):
    def test_what_ends_is_valid_and_what_is_cut_says_so(self):
        reasons, tokens = collections.Counter(), 0
        with client() as openai_client, concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for number, made in enumerate(pool.map(lambda number: answer(openai_client, number), range(COUNT))):
                schema, reason, text, count = made
                reasons[reason] += 1
                tokens += count
                with self.subTest(number=number, schema=schema, text=text):
                    self.assertIn(reason, ("stop", "length", "refused"))
                    if reason == "refused":
                        self.assertRegex(text, "no text satisfies it|cannot be turned round")
                    elif reason == "stop":
                        validator = jsonschema.Draft202012Validator
                        validator(schema, format_checker=validator.FORMAT_CHECKER).validate(json.loads(text))
                    else:
                        self.assertEqual(count, TOKENS)
        print(f"{COUNT} schemas: {dict(reasons)}, {tokens} tokens", file=sys.stderr)
        self.assertGreater(reasons["stop"], COUNT // 2)
        self.assertLessEqual(reasons["refused"], 1 + COUNT // 50)


if __name__ == "__main__":
    unittest.main()
