"""Other people's libraries, used as their guides say, with nothing but the base URL changed."""
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import pathlib
import unittest

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("OPENAI_AGENTS_DISABLE_TRACING", "1")

from pydantic import BaseModel, Field

from shared import COUNT, EMBEDDER, KEY, MODEL, URL, async_client

FRANCE = "What is the capital of France? Answer in one word."
LEDGER = {"5512": "shipped on Tuesday", "7001": "waiting for payment"}


class Parcel(BaseModel):
    """An order as the customer describes it."""

    order: int = Field(ge=1, le=99999)
    size: str = Field(pattern="^(S|M|L)$")


class Agents(unittest.TestCase):
    def setUp(self):
        import agents

        self.agents = agents
        self.model = agents.OpenAIChatCompletionsModel(MODEL, async_client())

    def agent(self, model_settings=None, **settings):
        calm = self.agents.ModelSettings(temperature=0, max_tokens=96, **model_settings or {})
        return self.agents.Agent(name="Clerk", model=self.model, model_settings=calm, **settings)

    def run_agent(self, agent, words):
        return asyncio.run(self.agents.Runner.run(agent, words, max_turns=4))

    def test_an_agent_follows_its_instructions(self):
        clerk = self.agent(instructions="The secret code is 7421. When asked for the code, say it.")
        self.assertIn("7421", self.run_agent(clerk, "What is the code?").final_output)

    def test_an_agent_calls_its_tool(self):
        asked = []

        @self.agents.function_tool
        def find_order(order: str) -> str:
            """What happened to an order."""
            asked.append(order)
            return LEDGER.get(order, "unknown")

        clerk = self.agent(tools=[find_order], model_settings={"tool_choice": "find_order"})
        done = self.run_agent(clerk, "Use the tool to look up order 5512 and tell me what happened to it.")
        # Once: the model is not heard when it calls again what it has the result of.
        self.assertEqual(asked, ["5512"])
        self.assertIn("Tuesday", done.final_output)

    def test_an_agent_streams(self):
        async def run():
            running = self.agents.Runner.run_streamed(self.agent(), COUNT)
            return [event async for event in running.stream_events()]

        data = [getattr(event, "data", None) for event in asyncio.run(run())]
        deltas = [each.delta for each in data if getattr(each, "type", "") == "response.output_text.delta"]
        self.assertGreater(len(deltas), 5)
        self.assertIn("10", "".join(deltas))

    def test_an_agent_gives_an_object(self):
        done = self.run_agent(self.agent(output_type=Parcel), "Order 5512, size M.")
        self.assertIsInstance(done.final_output, Parcel)


class LiteLLM(unittest.TestCase):
    def setUp(self):
        import litellm

        self.litellm = litellm
        place = {"api_base": URL + "/v1", "api_key": KEY}
        self.settings = {"model": f"openai/{MODEL}", "temperature": 0, "max_tokens": 48, **place}
        self.words = [{"role": "user", "content": FRANCE}]
        self.place = place

    def test_it_answers_plain_streamed_and_asynchronously(self):
        plain = self.litellm.completion(messages=self.words, **self.settings)
        self.assertIn("Paris", plain.choices[0].message.content)
        chunks = self.litellm.completion(messages=self.words, stream=True, **self.settings)
        self.assertIn("Paris", "".join(chunk.choices[0].delta.content or "" for chunk in chunks))
        later = asyncio.run(self.litellm.acompletion(messages=self.words, **self.settings))
        self.assertIn("Paris", later.choices[0].message.content)

    def test_it_embeds(self):
        made = self.litellm.embedding(model=f"openai/{EMBEDDER}", input=["A cat."], encoding_format="float", **self.place)
        self.assertEqual(len(made.data[0]["embedding"]), 384)

    def test_it_knows_the_errors(self):
        with self.assertRaises(self.litellm.BadRequestError):
            self.litellm.completion(messages=self.words, **{**self.settings, "temperature": 9})
        with self.assertRaises(self.litellm.NotFoundError):
            self.litellm.completion(messages=self.words, **{**self.settings, "model": "openai/no-such-model"})


class Command(unittest.TestCase):
    """The `llm` command."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        model = {"model_id": "tutti", "model_name": MODEL, "api_base": URL + "/v1", "api_key_name": "tutti"}
        model |= {"supports_schema": True, "supports_tools": True}
        (folder / "extra-openai-models.yaml").write_text(json.dumps([model]))
        (folder / "keys.json").write_text(json.dumps({"tutti": KEY}))

    def tearDown(self):
        self.folder.cleanup()

    def llm(self, *arguments):
        done = subprocess.run(
            [sys.executable, "-m", "llm", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "LLM_USER_PATH": self.folder.name},
            stdin=subprocess.DEVNULL,
        )
        self.assertEqual(done.returncode, 0, done.stderr[-600:])
        return done.stdout

    def test_it_answers_and_goes_on(self):
        self.assertIn("Paris", self.llm("-m", "tutti", "-o", "temperature", "0", FRANCE))
        self.llm("-m", "tutti", "--no-stream", "-o", "temperature", "0", "The secret code is 7421.")
        self.assertIn("7421", self.llm("-c", "-o", "temperature", "0", "What is the secret code?"))

    def test_it_fills_a_schema(self):
        schema = ["--no-stream", "-o", "temperature", "0", "--schema", "order int, rush bool"]
        made = self.llm("-m", "tutti", *schema, "Order 5512 is a rush order.")
        self.assertEqual(set(json.loads(made)), {"order", "rush"})


if __name__ == "__main__":
    unittest.main()
