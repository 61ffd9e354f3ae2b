"""Text completions and embeddings through the openai package."""
import base64
import json
import math
import pathlib
import unittest

import openai
from openai.types import Completion, CreateEmbeddingResponse

from shared import EMBEDDER, MODEL, client, conforms

RHYME = "One, two, three, four, five, six,"
GOLDEN = pathlib.Path(__file__).parents[1] / "Goldens" / "minilm.json"


def cosine(left, right):
    dot = sum(a * b for a, b in zip(left, right))
    return dot / math.sqrt(sum(a * a for a in left) * sum(b * b for b in right))


class Completions(unittest.TestCase):
    def setUp(self):
        self.openai = client()

    def tearDown(self):
        self.openai.close()

    def complete(self, prompt=RHYME, **settings):
        settings = {"temperature": 0, "max_tokens": 8, **settings}
        return self.openai.completions.create(model=MODEL, prompt=prompt, **settings)

    def text(self, *arguments, **settings):
        return self.complete(*arguments, **settings).choices[0].text

    def test_the_answer_has_its_shape_and_goes_on_with_the_text(self):
        made = self.complete(logprobs=2)
        conforms(Completion, made.to_dict())
        self.assertIn("seven", made.choices[0].text)
        self.assertEqual((made.choices[0].finish_reason, made.usage.completion_tokens), ("length", 8))

    def test_a_stream_says_what_a_plain_answer_says(self):
        chunks = list(self.complete(stream=True, logprobs=1, stream_options={"include_usage": True}))
        choices = [choice for chunk in chunks for choice in chunk.choices]
        whole = self.complete(logprobs=1).choices[0]
        self.assertEqual("".join(choice.text for choice in choices), whole.text)
        self.assertEqual([t for choice in choices for t in choice.logprobs.tokens], whole.logprobs.tokens)
        self.assertEqual([o for choice in choices for o in choice.logprobs.text_offset], whole.logprobs.text_offset)
        self.assertEqual((chunks[-1].choices, chunks[-1].usage.completion_tokens), ([], 8))

    def test_several_prompts_and_answers_are_numbered_in_order(self):
        made = self.complete([RHYME, "Monday, Tuesday, Wednesday,"], n=2)
        self.assertEqual([choice.index for choice in made.choices], [0, 1, 2, 3])
        self.assertIn("seven", made.choices[1].text)
        self.assertIn("Thursday", made.choices[2].text)

    def test_tokens_mean_what_their_text_means(self):
        scored = self.complete(echo=True, logprobs=1, max_tokens=0).choices[0]
        self.assertEqual((scored.text, "".join(scored.logprobs.tokens)), (RHYME, RHYME))
        self.assertIsNone(scored.logprobs.token_logprobs[0])
        self.assertTrue(all(value <= 0 for value in scored.logprobs.token_logprobs[1:]))
        for token, offset in zip(scored.logprobs.tokens, scored.logprobs.text_offset):
            self.assertEqual(RHYME[offset : offset + len(token)], token)

    def test_an_echo_scores_a_text_as_the_model_wrote_it(self):
        written = self.complete(logprobs=1, max_tokens=6).choices[0]
        scored = self.complete(RHYME + written.text, echo=True, logprobs=1, max_tokens=0).choices[0]
        tail = scored.logprobs.token_logprobs[-6:]
        for one, other in zip(written.logprobs.token_logprobs, tail):
            self.assertAlmostEqual(one, other, delta=0.05)

    def test_unicode_keeps_its_offsets(self):
        words = "naïve 你好 🌍 "
        made = self.complete(words, echo=True, logprobs=0, max_tokens=4).choices[0]
        self.assertTrue(made.text.startswith(words))
        for token, offset in zip(made.logprobs.tokens, made.logprobs.text_offset):
            self.assertEqual(made.text[offset : offset + len(token)], token)

    def test_a_stop_string_takes_its_tokens_away(self):
        choice = self.complete(max_tokens=24, stop=" nine", logprobs=1).choices[0]
        self.assertNotIn("nine", choice.text)
        self.assertEqual((choice.finish_reason, "".join(choice.logprobs.tokens)), ("stop", choice.text))

    def test_tokens_without_text_are_told_too(self):
        turn = 151644  # Qwen's <|im_start|>, which ends nothing
        choice = self.complete("A", max_tokens=3, logprobs=0, logit_bias={turn: 100}).choices[0]
        self.assertEqual((choice.text, choice.logprobs.tokens, choice.finish_reason), ("", ["", "", ""], "length"))

    def test_the_best_of_several_is_the_likeliest(self):
        one = self.complete("The sea is", n=4, temperature=1.2, seed=5, logprobs=0, max_tokens=12).choices
        best = self.complete("The sea is", n=1, best_of=4, temperature=1.2, seed=5, max_tokens=12).choices[0]
        means = [sum(choice.logprobs.token_logprobs) / len(choice.logprobs.token_logprobs) for choice in one]
        self.assertEqual(best.text, one[means.index(max(means))].text)

    def test_the_middle_of_a_text_is_filled_in(self):
        text = self.text("def add(a, b):\n    return ", suffix="\n\nprint(add(1, 2))\n")
        self.assertRegex(text, r"^\s*a\s*\+\s*b\s")
        with self.assertRaises(openai.BadRequestError) as caught:
            self.openai.completions.create(model="smollm2-135m", prompt="a", suffix="b")
        self.assertEqual(caught.exception.param, "suffix")

    def test_what_is_wrong_is_named(self):
        wrong = {
            "prompt": {"a": 1}, "max_tokens": -1, "logprobs": 9, "n": 0, "best_of": 0, "temperature": 3, "echo": "yes",
            "stop": ["a"] * 5,
        }
        for name, value in wrong.items():
            with self.subTest(name), self.assertRaises(openai.BadRequestError) as caught:
                self.complete(extra_body={name: value})
            self.assertEqual(caught.exception.param, name)
        for prompt, param in [([1, 99999999], "prompt[1]"), ([[1], [2, -5]], "prompt[1][1]"), ([], "prompt")]:
            with self.assertRaises(openai.BadRequestError) as caught:
                self.complete(prompt)
            self.assertEqual(caught.exception.param, param)


class Embeddings(unittest.TestCase):
    def setUp(self):
        self.openai = client()

    def tearDown(self):
        self.openai.close()

    def embed(self, words, **settings):
        settings = {"model": EMBEDDER, "encoding_format": "float", **settings}
        return self.openai.embeddings.create(input=words, **settings)

    def test_vectors_are_the_reference_s(self):
        golden = json.loads(GOLDEN.read_text())["sentences"]
        made = self.embed([each["text"] for each in golden])
        conforms(CreateEmbeddingResponse, made.to_dict())
        self.assertEqual([each.index for each in made.data], list(range(len(golden))))
        for each, expected in zip(made.data, golden):
            # The golden has a vector's first numbers, and the sum of all.
            for one, other in zip(each.embedding, expected["embedding"]):
                self.assertAlmostEqual(one, other, delta=1e-4)
            self.assertAlmostEqual(sum(each.embedding), expected["sum"], delta=1e-3)
        self.assertEqual(made.usage.prompt_tokens, sum(len(each["ids"]) for each in golden))
        for ids in (golden[0]["ids"], golden[0]["ids"][1:-1]):
            again = self.embed([ids]).data[0].embedding
            self.assertGreater(cosine(again, made.data[0].embedding), 0.9999)

    def test_base64_holds_the_same_numbers(self):
        import struct

        plain = self.embed("A cat sits on the sofa.").data[0].embedding
        packed = self.openai.embeddings.with_raw_response.create(
            model=EMBEDDER, input="A cat sits on the sofa.", encoding_format="base64"
        )
        data = base64.b64decode(json.loads(packed.text)["data"][0]["embedding"])
        self.assertEqual(len(data), 4 * len(plain))
        for one, other in zip(struct.unpack(f"<{len(plain)}f", data), plain):
            self.assertAlmostEqual(one, other, delta=1e-6)

    def test_fewer_dimensions_have_length_one(self):
        full, short = (self.embed("A cat.", **more).data[0].embedding for more in ({}, {"dimensions": 64}))
        self.assertEqual(len(short), 64)
        self.assertAlmostEqual(math.sqrt(sum(x * x for x in short)), 1, delta=1e-3)
        self.assertGreater(cosine(short, full[:64]), 0.9999)

    def test_a_model_that_writes_embeds_by_pooling(self):
        made = self.embed(["A cat sits.", "A kitten sits.", "Stocks fell."], model=MODEL).data
        cat, kitten, stocks = (each.embedding for each in made)
        self.assertAlmostEqual(math.sqrt(sum(x * x for x in cat)), 1, delta=1e-3)
        self.assertGreater(cosine(cat, kitten), cosine(cat, stocks))
        alone = self.embed("A kitten sits.", model=MODEL).data[0].embedding
        self.assertGreater(cosine(alone, kitten), 0.9999)

    def test_what_is_wrong_is_named(self):
        cases = [
            ({"input": ""}, "input"), ({"input": []}, "input"), ({"input": ["a", ""]}, "input[1]"),
            ({"input": [[1], [99999999]]}, "input[1]"), ({"input": ["a"] * 2049}, "input"),
            ({"input": "word " * 600}, "input"), ({"input": "a", "dimensions": 0}, "dimensions"),
            ({"input": "a", "dimensions": 100000}, "dimensions"), ({"input": "a", "encoding_format": "x"}, "encoding_format"),
        ]
        for body, param in cases:
            with self.subTest(param), self.assertRaises(openai.BadRequestError) as caught:
                self.openai.post("/embeddings", body={"model": EMBEDDER, **body}, cast_to=object)
            self.assertEqual(caught.exception.param, param)


if __name__ == "__main__":
    unittest.main()
