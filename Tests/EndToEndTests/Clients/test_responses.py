"""Responses and conversations through the openai package and openai-agents."""
import asyncio
import json
import os
import time
import unittest

import openai
from openai.types.conversations import Conversation
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

os.environ.setdefault("OPENAI_AGENTS_DISABLE_TRACING", "1")

from shared import COUNT, MODEL, WEATHER, async_client, client, conforms

NOTE = "The secret code is 7421."
TOOL = {"type": "function", "strict": True, **WEATHER["function"]}
CALL = {"tools": [TOOL], "tool_choice": {"type": "function", "name": "get_weather"}, "max_output_tokens": 96}


def user(text):
    return {"role": "user", "content": text}


def kinds(events):
    """The types in order, each run of equal ones once."""
    types = [event.type for event in events]
    return [kind for place, kind in enumerate(types) if place == 0 or types[place - 1] != kind]


class Base(unittest.TestCase):
    def setUp(self):
        self.openai = client()

    def tearDown(self):
        self.openai.close()

    def respond(self, words, **settings):
        settings = {"temperature": 0, "max_output_tokens": 48, **settings}
        return self.openai.responses.create(model=MODEL, input=words, **settings)

    def refused(self, kind, param, **settings):
        with self.assertRaises(kind) as caught:
            self.respond(**{"words": COUNT, **settings})
        self.assertIn(param, caught.exception.param or "")


class Plain(Base):
    def test_the_object_has_its_shape(self):
        for settings in [{}, CALL, {"text": {"format": {"type": "json_object"}}}]:
            made = self.openai.responses.with_raw_response.create(
                **{"model": MODEL, "input": COUNT, "max_output_tokens": 16, **settings})
            conforms(Response, json.loads(made.text))

    def test_an_answer_and_its_usage(self):
        made = self.respond("What is the capital of France? Answer in one word.")
        self.assertIn("Paris", made.output_text)
        self.assertEqual(made.usage.total_tokens, made.usage.input_tokens + made.usage.output_tokens)
        self.assertEqual((made.status, made.error, made.incomplete_details), ("completed", None, None))

    def test_a_limit_makes_it_incomplete(self):
        made = self.respond(COUNT, max_output_tokens=5)
        self.assertEqual((made.status, made.incomplete_details.reason), ("incomplete", "max_output_tokens"))
        self.assertEqual((made.output[0].status, made.usage.output_tokens), ("incomplete", 5))

    def test_instructions_stand_first_and_are_not_carried_over(self):
        first = self.respond("What is the code?", instructions=NOTE + " When asked, say it.")
        self.assertIn("7421", first.output_text)
        second = self.respond("Hello.", previous_response_id=first.id)
        self.assertIsNone(second.instructions)

    def test_tokens_are_counted_as_they_are_read(self):
        counted = self.openai.responses.input_tokens.count(model=MODEL, input=COUNT, tools=[TOOL])
        made = self.respond(COUNT, tools=[TOOL], max_output_tokens=1)
        self.assertEqual(counted.input_tokens, made.usage.input_tokens)

    def test_log_probabilities(self):
        made = self.respond(COUNT, include=["message.output_text.logprobs"], top_logprobs=3)
        entries = made.output[0].content[0].logprobs
        self.assertEqual("".join(entry.token for entry in entries), made.output_text)
        self.assertTrue(all(len(entry.top_logprobs) == 3 and entry.logprob <= 0 for entry in entries))

    def test_an_object_of_a_class(self):
        class Order(BaseModel):
            number: int
            rush: bool

        made = self.openai.responses.parse(
            model=MODEL, input="Order 5512 is a rush order.", text_format=Order, temperature=0, max_output_tokens=64)
        self.assertEqual(made.output_parsed.number, 5512)

    def test_wrong_values_are_named(self):
        bad = openai.BadRequestError
        self.refused(bad, "input", words=[{"type": "smell"}])
        self.refused(bad, "tools[0]", tools=[{"type": "web_search"}])
        self.refused(bad, "tool_choice", tool_choice="required")
        self.refused(bad, "include", include=["nothing"])
        self.refused(bad, "max_output_tokens", max_output_tokens=0)
        picture = {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "auto"}
        self.refused(bad, "input[0].content[0]", words=[{"role": "user", "content": [picture]}])
        self.refused(bad, "input", words=[{"type": "function_call_output", "call_id": "none", "output": "1"}])
        self.refused(openai.NotFoundError, "input[0]", words=[{"type": "item_reference", "id": "msg_none"}])
        self.refused(openai.NotFoundError, "previous_response_id", previous_response_id="resp_none")

    def test_a_long_input_is_refused_or_truncated(self):
        turns = [user("word " * 2000) for _ in range(20)] + [user(NOTE + " What is the secret code?")]
        with self.assertRaises(openai.BadRequestError) as caught:
            self.respond(turns)
        self.assertEqual(caught.exception.code, "context_length_exceeded")
        made = self.respond(turns, truncation="auto")
        self.assertIn("7421", made.output_text)
        left = made.to_dict()
        self.assertGreater(left["truncated_turns"], 0)
        self.assertEqual(len(left["truncated_items"]), left["truncated_turns"])


class Streams(Base):
    def test_the_sequence_of_a_message(self):
        events = list(self.respond(COUNT, stream=True))
        self.assertEqual(
            kinds(events),
            [
                "response.created", "response.in_progress", "response.output_item.added",
                "response.content_part.added", "response.output_text.delta", "response.output_text.done",
                "response.content_part.done", "response.output_item.done", "response.completed",
            ])
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        for event in events:
            TypeAdapter(ResponseStreamEvent).validate_python(event.to_dict())
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        self.assertEqual(text, events[-1].response.output_text)
        self.assertEqual(text, self.respond(COUNT).output_text)

    def test_the_sequence_of_a_call(self):
        events = list(self.respond("What is the weather in Paris?", stream=True, **CALL))
        self.assertEqual(
            kinds(events),
            [
                "response.created", "response.in_progress", "response.output_item.added",
                "response.function_call_arguments.delta", "response.function_call_arguments.done",
                "response.output_item.done", "response.completed",
            ])
        call = events[-1].response.output[0]
        deltas = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
        self.assertEqual("".join(deltas), call.arguments)
        self.assertIn("city", json.loads(call.arguments))

    def test_a_cut_stream_ends_as_incomplete(self):
        self.assertEqual(list(self.respond(COUNT, stream=True, max_output_tokens=4))[-1].type, "response.incomplete")


class Kept(Base):
    def test_a_chain_remembers(self):
        first = self.respond(NOTE)
        second = self.respond("What is the secret code?", previous_response_id=first.id)
        self.assertIn("7421", second.output_text)
        third = self.respond("Say it again.", previous_response_id=second.id)
        items = self.openai.responses.input_items.list(third.id)
        self.assertEqual([item.content[0].text for item in items], ["Say it again."])

    def test_a_call_and_its_result(self):
        first = self.respond("What is the weather in Paris?", **CALL)
        result = {"type": "function_call_output", "call_id": first.output[0].call_id, "output": "21 degrees, clear"}
        second = self.respond([result], previous_response_id=first.id, tools=[TOOL], tool_choice="none")
        self.assertIn("21", second.output_text)
        turns = [user("What is the weather in Paris?"), {"type": "item_reference", "id": first.output[0].id}, result]
        self.assertIn("21", self.respond(turns, tools=[TOOL], tool_choice="none").output_text)

    def test_retrieved_and_deleted(self):
        made = self.respond(COUNT)
        self.assertEqual(self.openai.responses.retrieve(made.id).to_dict(), made.to_dict())
        self.openai.responses.delete(made.id)
        with self.assertRaises(openai.NotFoundError):
            self.openai.responses.retrieve(made.id)
        alone = self.respond(COUNT, store=False, max_output_tokens=4)
        with self.assertRaises(openai.NotFoundError):
            self.openai.responses.retrieve(alone.id)

    def test_input_items_come_in_pages(self):
        made = self.respond([user(f"Word {n}.") for n in range(5)], max_output_tokens=4)
        page = self.openai.responses.input_items.list(made.id, order="asc", limit=2)
        self.assertTrue(page.has_more)
        self.assertEqual([item.content[0].text for item in page], [f"Word {n}." for n in range(5)])

    def test_a_conversation_grows(self):
        talk = self.openai.conversations.create(items=[user(NOTE)], metadata={"shelf": "3"})
        conforms(Conversation, talk.to_dict())
        made = self.respond("What is the secret code?", conversation=talk.id)
        self.assertIn("7421", made.output_text)
        items = list(self.openai.conversations.items.list(talk.id, order="asc", limit=1))
        self.assertEqual([item.role for item in items], ["user", "user", "assistant"])
        self.assertEqual(items[2].id, made.output[0].id)
        gone = self.openai.conversations.items.delete(items[0].id, conversation_id=talk.id)
        self.assertEqual(gone.id, talk.id)
        self.assertEqual(self.openai.conversations.update(talk.id, metadata={"shelf": "4"}).metadata, {"shelf": "4"})
        self.openai.conversations.delete(talk.id)
        with self.assertRaises(openai.NotFoundError):
            self.openai.conversations.items.list(talk.id)


class Background(Base):
    def settled(self, name, seconds=90):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            made = self.openai.responses.retrieve(name)
            if made.status not in ("queued", "in_progress"):
                return made
            time.sleep(0.1)
        self.fail("it does not end")

    def test_it_is_made_while_nobody_listens(self):
        made = self.respond(COUNT, background=True)
        self.assertIn(made.status, ("queued", "in_progress"))
        done = self.settled(made.id)
        self.assertEqual(done.status, "completed")
        self.assertEqual(done.output_text, self.respond(COUNT).output_text)

    def test_a_stream_is_taken_up_where_it_was_left(self):
        first, name = [], None
        for event in self.respond(COUNT, background=True, stream=True):
            first.append(event)
            name = name or event.response.id
            if len(first) == 8:
                break
        rest = list(self.openai.responses.retrieve(name, stream=True, starting_after=first[-1].sequence_number))
        events = first + rest
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        self.assertEqual(events[-1].type, "response.completed")
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        self.assertEqual(text, events[-1].response.output_text)
        again = list(self.openai.responses.retrieve(name, stream=True))
        self.assertEqual([event.to_dict() for event in again], [event.to_dict() for event in events])

    def test_it_is_cancelled(self):
        made = self.respond("Write a very long story.", background=True, max_output_tokens=4000)
        self.assertEqual(self.openai.responses.cancel(made.id).status, "cancelled")
        time.sleep(0.3)
        self.assertEqual(self.openai.responses.cancel(made.id).status, "cancelled")
        with self.assertRaises(openai.BadRequestError):
            self.openai.responses.cancel(self.respond(COUNT, max_output_tokens=4).id)


class Agents(unittest.TestCase):
    """openai-agents, which speaks through responses."""

    def test_an_agent_uses_its_tool(self):
        import agents

        @agents.function_tool
        def find_order(order: str) -> str:
            """What happened to an order."""
            return "shipped on Tuesday"

        async def ask():
            async with async_client() as openai_client:
                clerk = agents.Agent(
                    name="Clerk",
                    model=agents.OpenAIResponsesModel(MODEL, openai_client),
                    tools=[find_order],
                    # What a small model makes of the result is its own affair.
                    tool_use_behavior="stop_on_first_tool",
                    model_settings=agents.ModelSettings(temperature=0, max_tokens=96, tool_choice="find_order"),
                )
                return await agents.Runner.run(clerk, "What happened to order 5512?", max_turns=4)

        done = asyncio.run(ask())
        self.assertTrue(any(isinstance(item, agents.ToolCallItem) for item in done.new_items))
        self.assertEqual(done.final_output, "shipped on Tuesday")


if __name__ == "__main__":
    unittest.main()
