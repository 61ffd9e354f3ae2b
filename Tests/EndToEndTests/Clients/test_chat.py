"""Chat completions through the openai package: plain, asynchronous, its streaming helpers, tools, formats, stored ones."""
import asyncio
import json
import unittest
import uuid
from typing import Literal

import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel, Field

from shared import COUNT, KEY, MODEL, URL, WEATHER, ask, async_client, client, conforms, joined


class Plain(unittest.TestCase):
    def setUp(self):
        self.openai = client()

    def tearDown(self):
        self.openai.close()

    def raw(self, **settings):
        made = self.openai.chat.completions.with_raw_response.create(
            model=MODEL, messages=[{"role": "user", "content": COUNT}], **{"max_completion_tokens": 8, **settings}
        )
        return json.loads(made.text)

    def test_the_answer_has_its_shape(self):
        for settings in [{}, {"logprobs": True, "top_logprobs": 3}, {"n": 2}, {"tools": [WEATHER], "tool_choice": "required"}]:
            conforms(ChatCompletion, self.raw(**settings))

    def test_the_answer_is_right(self):
        made = ask(self.openai, "What is the capital of France? Answer in one word.")
        self.assertIn("Paris", made.choices[0].message.content)
        self.assertEqual(made.usage.total_tokens, made.usage.prompt_tokens + made.usage.completion_tokens)

    def test_an_alias_answers_and_tells_what_it_is(self):
        made = self.openai.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": COUNT}], max_completion_tokens=4
        )
        self.assertNotEqual(made.model, "gpt-4o")

    def test_every_role_is_understood(self):
        call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Rome"}'}}
        turns = [
            {"role": "system", "content": "You answer in one sentence."},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
            {"role": "user", "name": "ada", "content": "What is the weather in Rome?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "It is 21 degrees."}]},
        ]
        self.assertIn("21", ask(self.openai, turns, tools=[WEATHER], tool_choice="none").choices[0].message.content)

    def test_functions_in_their_older_form(self):
        made = self.openai.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "What is the weather in Paris, in celsius?"}],
            functions=[WEATHER["function"]],
            function_call={"name": "get_weather"},
            temperature=0,
            max_tokens=64,
        ).choices[0]
        self.assertEqual((made.finish_reason, made.message.function_call.name), ("function_call", "get_weather"))
        self.assertEqual(json.loads(made.message.function_call.arguments)["unit"], "celsius")
        turns = [
            {"role": "user", "content": "What is the weather in Paris?"},
            {"role": "assistant", "content": None, "function_call": {"name": "get_weather", "arguments": "{}"}},
            {"role": "function", "name": "get_weather", "content": "21 degrees"},
        ]
        self.assertIn("21", ask(self.openai, turns).choices[0].message.content)

    def test_log_probabilities_spell_the_answer(self):
        choice = ask(self.openai, COUNT, logprobs=True, top_logprobs=4).choices[0]
        entries = choice.logprobs.content
        self.assertTrue(bytes(b for each in entries for b in each.bytes).decode().startswith(choice.message.content))
        for each in entries:
            self.assertEqual(len(each.top_logprobs), 4)
            self.assertEqual(each.top_logprobs[0].logprob, each.logprob)

    def test_several_answers_share_the_prompt(self):
        long = COUNT + " " + "This is said to make the prompt longer. " * 20
        made = ask(self.openai, long, n=3, temperature=1, seed=4)
        self.assertEqual([choice.index for choice in made.choices], [0, 1, 2])
        self.assertGreater(len({choice.message.content for choice in made.choices}), 1)
        again = ask(self.openai, long, n=3, temperature=1, seed=4)
        self.assertEqual([c.message.content for c in again.choices], [c.message.content for c in made.choices])
        self.assertGreater(again.usage.prompt_tokens_details.cached_tokens, again.usage.prompt_tokens / 2)

    def test_stops_limits_and_bias(self):
        stopped = ask(self.openai, COUNT, stop=["6"]).choices[0]
        self.assertEqual((stopped.finish_reason, "6" in stopped.message.content), ("stop", False))
        short = ask(self.openai, COUNT, max_completion_tokens=5)
        self.assertEqual((short.choices[0].finish_reason, short.usage.completion_tokens), ("length", 5))
        forced = ask(self.openai, COUNT, logit_bias={"1000": 100}, logprobs=True, max_completion_tokens=3)
        self.assertEqual(len({each.token for each in forced.choices[0].logprobs.content}), 1)

    def test_a_prediction_is_counted(self):
        text = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
        made = ask(self.openai, COUNT, prediction={"type": "content", "content": text})
        self.assertEqual(made.choices[0].message.content, ask(self.openai, COUNT).choices[0].message.content)
        self.assertGreater(made.usage.completion_tokens_details.accepted_prediction_tokens, 0)

    def test_a_stored_completion_is_kept_until_it_is_deleted(self):
        made = ask(self.openai, COUNT, store=True, metadata={"shelf": "a"}, max_completion_tokens=4)
        other = ask(self.openai, COUNT, store=True, metadata={"shelf": "b"}, max_completion_tokens=4)
        stored = self.openai.chat.completions
        self.assertEqual(stored.retrieve(made.id).metadata, {"shelf": "a"})
        found = [each.id for each in stored.list(metadata={"shelf": "a"}, limit=1)]
        self.assertIn(made.id, found)
        self.assertNotIn(other.id, found)
        self.assertEqual([each.content for each in stored.messages.list(made.id)], [COUNT])
        self.assertEqual(stored.update(made.id, metadata={"shelf": "c"}).metadata, {"shelf": "c"})
        self.assertEqual([each.id for each in stored.list(metadata={"shelf": "a"})].count(made.id), 0)
        newest = next(iter(stored.list(order="desc", model=MODEL)))
        self.assertEqual(newest.id, other.id)
        for each in (made, other):
            self.assertTrue(stored.delete(each.id).deleted)
            with self.assertRaises(openai.NotFoundError):
                stored.retrieve(each.id)

    def test_stored_completions_are_found_by_what_is_said_of_them(self):
        shelf = {"shelf": f"{uuid.uuid4()} of 50 % & more+é"}
        made = ask(self.openai, COUNT, model="gpt-4o", store=True, metadata=shelf, max_completion_tokens=4)
        stored = self.openai.chat.completions
        self.assertEqual([each.id for each in stored.list(metadata=shelf)], [made.id])
        # By the name that was asked for, and by the one that answered.
        for model in ("gpt-4o", MODEL):
            self.assertIn(made.id, [each.id for each in stored.list(model=model, order="desc", limit=5).data])
        self.assertEqual(stored.update(made.id, metadata=None).metadata, {})
        self.assertEqual([each.id for each in stored.list(metadata=shelf)], [])
        stored.delete(made.id)

    def test_what_is_wrong_is_named(self):
        wrong = {
            "temperature": 9, "top_p": -1, "n": 0, "max_completion_tokens": 0, "stop": ["a"] * 5, "seed": "x",
            "logit_bias": {"99999999": 1}, "tools": [{"type": "function", "function": {"name": "a b"}}],
            "tool_choice": "required", "response_format": {"type": "json_schema"}, "modalities": ["smell"],
            "web_search_options": {}, "top_logprobs": 2, "stream_options": {"include_usage": True},
        }
        for name, value in wrong.items():
            with self.subTest(name), self.assertRaises(openai.BadRequestError) as caught:
                ask(self.openai, COUNT, extra_body={name: value})
            self.assertTrue(caught.exception.param.startswith(name), f"{name}: {caught.exception}")

    def test_pictures_and_what_is_no_sound_are_refused_where_they_stand(self):
        parts = [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
            {"type": "file", "file": {"file_id": "file-1"}},
        ]
        for part in parts:
            with self.assertRaises(openai.BadRequestError) as caught:
                ask(self.openai, [{"role": "user", "content": [{"type": "text", "text": "See:"}, part]}])
            self.assertTrue(caught.exception.param.startswith("messages[0].content[1]"), caught.exception)

    def test_too_long_a_prompt_is_refused_with_both_numbers(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            ask(self.openai, "word " * 140_000)
        self.assertEqual((caught.exception.code, caught.exception.param), ("context_length_exceeded", "messages"))
        self.assertRegex(str(caught.exception), r"\d{4,} tokens.*\d{6} tokens")


class Streams(unittest.TestCase):
    def setUp(self):
        self.openai = client()

    def tearDown(self):
        self.openai.close()

    def test_chunks_have_their_shape_and_say_what_a_plain_answer_says(self):
        chunks = list(ask(self.openai, COUNT, stream=True, stream_options={"include_usage": True}))
        for chunk in chunks:
            conforms(ChatCompletionChunk, chunk.to_dict())
        self.assertEqual(joined(chunks), ask(self.openai, COUNT).choices[0].message.content)
        self.assertEqual(chunks[0].choices[0].delta.role, "assistant")
        self.assertEqual([choice.finish_reason for chunk in chunks for choice in chunk.choices][-1], "stop")
        self.assertEqual((chunks[-1].choices, chunks[-1].usage.completion_tokens > 5), ([], True))
        self.assertEqual({(chunk.id, chunk.created, chunk.model) for chunk in chunks}.__len__(), 1)

    def test_several_answers_come_in_one_stream(self):
        chunks = list(ask(self.openai, COUNT, stream=True, n=3))
        texts = {joined(chunks, index) for index in range(3)}
        self.assertEqual(texts, {ask(self.openai, COUNT).choices[0].message.content})
        order = [choice.index for chunk in chunks for choice in chunk.choices]
        self.assertLess(order.index(1), len(order) - 1 - order[::-1].index(0))

    def test_calls_come_in_pieces_that_add_up(self):
        named = {"type": "function", "function": {"name": "get_weather"}}
        words = "What is the weather in Paris, in celsius?"
        settings = {"tools": [WEATHER], "tool_choice": named, "max_completion_tokens": 96}
        chunks = list(ask(self.openai, words, stream=True, **settings))
        deltas = [delta for chunk in chunks for choice in chunk.choices for delta in choice.delta.tool_calls or []]
        self.assertEqual((deltas[0].index, deltas[0].type, deltas[0].function.name), (0, "function", "get_weather"))
        self.assertGreater(sum(bool(delta.function.arguments) for delta in deltas), 2)
        whole = ask(self.openai, words, **settings).choices[0].message.tool_calls[0].function.arguments
        self.assertEqual(json.loads("".join(delta.function.arguments or "" for delta in deltas)), json.loads(whole))

    def test_the_helper_tells_of_each_event(self):
        with self.openai.chat.completions.stream(
            model=MODEL, messages=[{"role": "user", "content": COUNT}], temperature=0, max_completion_tokens=48
        ) as events:
            kinds = [event.type for event in events]
            final = events.get_final_completion()
        self.assertEqual(kinds.count("content.done"), 1)
        self.assertIn("10", final.choices[0].message.content)

    def test_answers_asked_for_together_do_not_mix(self):
        async def run():
            async with async_client() as openai_client:
                codes = ["7421", "3358", "9106", "6647"]
                asked = [ask(openai_client, f"The code is {code}. What is the code?") for code in codes]
                answers = await asyncio.gather(*asked)
                streamed = await ask(openai_client, COUNT, stream=True)
                return codes, answers, joined([chunk async for chunk in streamed])

        codes, answers, counted = asyncio.run(run())
        for code, answer in zip(codes, answers):
            self.assertIn(code, answer.choices[0].message.content)
        self.assertIn("10", counted)

    def test_a_client_that_leaves_stops_the_work(self):
        import time
        import urllib.request

        def running():
            request = urllib.request.Request(URL + "/metrics", headers={"Authorization": f"Bearer {KEY}"})
            text = urllib.request.urlopen(request, timeout=20).read().decode()
            lines = [line for line in text.splitlines() if line.startswith("tutti_queue_running{")]
            return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

        stream = ask(self.openai, "Write a very long story.", stream=True, max_completion_tokens=4000)
        next(iter(stream))
        stream.close()
        self.openai.close()
        deadline = time.monotonic() + 10
        while running() > 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(running(), 0)


class Step(BaseModel):
    sum: Literal["2+2", "4+4"]
    result: int = Field(ge=0, le=100)


class Lesson(BaseModel):
    """Sums, worked out one after the other."""

    steps: list[Step] = Field(min_length=1, max_length=2)
    done: bool


class Structured(unittest.TestCase):
    def setUp(self):
        self.openai = client()
        self.words = [{"role": "user", "content": "Work out 2+2, then 4+4, step by step."}]

    def tearDown(self):
        self.openai.close()

    def test_parse_gives_an_object(self):
        made = self.openai.chat.completions.parse(
            model=MODEL, messages=self.words, response_format=Lesson, temperature=0, max_completion_tokens=200
        )
        self.assertIsInstance(made.choices[0].message.parsed, Lesson)

    def test_the_stream_helper_parses_as_it_goes(self):
        with self.openai.chat.completions.stream(
            model=MODEL, messages=self.words, response_format=Lesson, temperature=0, max_completion_tokens=200
        ) as events:
            partial = [event.parsed for event in events if event.type == "content.delta" and event.parsed]
            final = events.get_final_completion()
        self.assertTrue(partial)
        self.assertIsInstance(final.choices[0].message.parsed, Lesson)

    def test_what_is_cut_short_says_so(self):
        with self.assertRaises(openai.LengthFinishReasonError):
            self.openai.chat.completions.parse(
                model=MODEL, messages=self.words, response_format=Lesson, temperature=0, max_completion_tokens=4
            )

    def test_json_mode_gives_an_object(self):
        made = ask(self.openai, "Say hello in JSON.", response_format={"type": "json_object"})
        self.assertIsInstance(json.loads(made.choices[0].message.content), dict)

    def test_a_bad_schema_is_refused_at_its_place(self):
        schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/nowhere"}}}
        form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
        with self.assertRaises(openai.BadRequestError) as caught:
            ask(self.openai, "Surprise me.", response_format=form)
        self.assertEqual(caught.exception.param, "response_format.json_schema.schema")


class Tools(unittest.TestCase):
    def test_the_loop_ends_with_an_answer_from_the_result(self):
        with client() as openai_client:
            turns = [{"role": "user", "content": "What is the weather in Paris, in celsius?"}]
            first = ask(openai_client, turns, tools=[WEATHER], tool_choice="required", max_completion_tokens=96)
            message = first.choices[0].message
            self.assertEqual(first.choices[0].finish_reason, "tool_calls")
            turns.append(message.to_dict())
            for call in message.tool_calls:
                turns.append({"role": "tool", "tool_call_id": call.id, "content": '{"temperature": 21}'})
            second = ask(openai_client, turns, tools=[WEATHER], tool_choice="none")
            self.assertIn("21", second.choices[0].message.content)

    def test_arguments_become_an_object(self):
        class Weather(BaseModel):
            city: str
            days: int

        with client() as openai_client:
            made = openai_client.chat.completions.parse(
                model=MODEL,
                messages=[{"role": "user", "content": "Get the weather in Rome for 3 days."}],
                tools=[openai.pydantic_function_tool(Weather, name="get_weather")],
                tool_choice={"type": "function", "function": {"name": "get_weather"}},
                temperature=0,
                max_completion_tokens=96,
            )
            self.assertIsInstance(made.choices[0].message.tool_calls[0].function.parsed_arguments, Weather)

    def test_a_result_of_no_call_is_refused(self):
        with client() as openai_client, self.assertRaises(openai.BadRequestError) as caught:
            turns = [{"role": "user", "content": "Hi."}, {"role": "tool", "tool_call_id": "call_9", "content": "21"}]
            ask(openai_client, turns, tools=[WEATHER])
        self.assertEqual(caught.exception.param, "messages[1].tool_call_id")


if __name__ == "__main__":
    unittest.main()
