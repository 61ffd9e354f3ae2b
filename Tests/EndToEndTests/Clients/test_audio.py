"""Sound in and out through the openai package: files heard, texts spoken, and conversations that do both."""
import base64
import io
import json
import time
import unittest
import wave

import openai
from openai.types.audio import Transcription, TranscriptionVerbose

from shared import MODEL, ask, client, conforms

WORDS = "The quick brown fox jumps over the lazy dog."


def plain(text):
    return "".join(c for c in text.lower() if c.isalnum() or c == " ").split()


def share(said, heard):
    return len(set(plain(said)) & set(plain(heard))) / len(set(plain(said)))


def sound_part(data, kind="wav"):
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(data).decode(), "format": kind}}


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.openai = client()
        cls.fox = cls.openai.audio.speech.create(
            model="tts-1", voice="alloy", input=WORDS, response_format="wav").content

    @classmethod
    def tearDownClass(cls):
        cls.openai.close()

    def speak(self, words, **settings):
        return self.openai.audio.speech.create(
            **{"model": "gpt-4o-mini-tts", "voice": "nova", "input": words, **settings}).content

    def hear(self, data, name="words.wav", **settings):
        return self.openai.audio.transcriptions.create(
            **{"model": "whisper-1", "file": (name, data), **settings})


class Speaking(Base):
    def test_every_format_is_heard_again(self):
        for kind in ["mp3", "opus", "flac", "wav"]:
            heard = self.hear(self.speak(WORDS, response_format=kind), f"words.{kind}")
            self.assertGreaterEqual(share(WORDS, heard.text), 0.8, kind)

    def test_raw_samples_are_24000_a_second(self):
        raw = self.speak(WORDS, response_format="pcm")
        out = io.BytesIO()
        with wave.open(out, "wb") as file:
            file.setparams((1, 2, 24000, 0, "NONE", ""))
            file.writeframes(raw)
        self.assertGreaterEqual(share(WORDS, self.hear(out.getvalue()).text), 0.8)

    def test_speed_changes_the_length(self):
        slow, fast = (len(self.speak(WORDS, response_format="pcm", speed=speed)) for speed in (0.8, 1.6))
        self.assertLess(fast, 0.65 * slow)

    def test_events_carry_the_same_file(self):
        body = {"model": "tts-1", "voice": "alloy", "input": WORDS, "response_format": "wav", "stream_format": "sse"}
        with self.openai.audio.speech.with_streaming_response.create(**body) as answer:
            events = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: {")]
        self.assertEqual(events[-1]["type"], "speech.audio.done")
        data = b"".join(base64.b64decode(event["audio"]) for event in events[:-1])
        self.assertTrue(data.startswith(b"RIFF"))
        self.assertGreater(events[-1]["usage"]["output_tokens"], 10)

    def test_voices_are_listed(self):
        voices = self.openai.get("/audio/voices", cast_to=object)["data"]
        self.assertTrue({"alloy", "shimmer"} <= {voice["id"] for voice in voices})

    def test_what_is_wrong_is_named(self):
        for param, settings in [("voice", {"voice": "nobody"}), ("model", {"model": "whisper-1"})]:
            with self.assertRaises(openai.BadRequestError) as caught:
                self.speak("Hello.", **settings)
            self.assertEqual(caught.exception.param, param)


class Hearing(Base):
    def test_every_form_has_the_words(self):
        conforms(Transcription, self.hear(self.fox).to_dict())
        verbose = self.hear(
            self.fox, response_format="verbose_json", timestamp_granularities=["word", "segment"])
        conforms(TranscriptionVerbose, verbose.to_dict())
        self.assertEqual(verbose.language, "english")
        self.assertGreaterEqual(len(verbose.words), 8)
        for kind in ["text", "srt", "vtt"]:
            self.assertGreaterEqual(share(WORDS, self.hear(self.fox, response_format=kind)), 0.8, kind)

    def test_a_stream_adds_up(self):
        events = list(self.hear(self.fox, stream=True))
        deltas = "".join(event.delta for event in events if event.type == "transcript.text.delta")
        self.assertEqual(deltas.strip(), events[-1].text)
        self.assertGreaterEqual(share(WORDS, deltas), 0.8)

    def test_probabilities_come_with_the_tokens(self):
        heard = self.hear(self.fox, model="gpt-4o-transcribe", include=["logprobs"])
        self.assertEqual("".join(token.token for token in heard.logprobs).strip(), heard.text)
        self.assertTrue(all(token.logprob <= 0 for token in heard.logprobs))

    def test_moonshine_hears_english_and_says_what_it_cannot(self):
        self.assertGreaterEqual(share(WORDS, self.hear(self.fox, model="moonshine-tiny").text), 0.8)
        for param, settings in [
            ("language", {"language": "de"}),
            ("timestamp_granularities", {"response_format": "verbose_json", "timestamp_granularities": ["word"]}),
        ]:
            with self.assertRaises(openai.BadRequestError) as caught:
                self.hear(self.fox, model="moonshine-tiny", **settings)
            self.assertEqual(caught.exception.param, param)
        with self.assertRaises(openai.BadRequestError):
            self.openai.audio.translations.create(model="moonshine-tiny", file=("a.wav", self.fox))

    def test_what_is_no_sound_is_refused(self):
        for data in [b"no sound at all" * 100, b"RIFF\xff\xff\xff\xffWAVEfmt "]:
            with self.assertRaises(openai.BadRequestError) as caught:
                self.hear(data)
            self.assertEqual(caught.exception.param, "file")


class Talking(Base):
    def test_a_spoken_question_is_answered(self):
        question = self.speak("What is the capital of France?", response_format="mp3")
        answer = ask(self.openai, [{"role": "user", "content": [sound_part(question, "mp3")]}])
        self.assertIn("Paris", answer.choices[0].message.content)
        self.assertGreater(answer.usage.prompt_tokens_details.audio_tokens, 3)

    def test_a_response_hears_too(self):
        question = self.speak("What is the capital of Italy?", response_format="wav")
        answer = self.openai.responses.create(
            model=MODEL, temperature=0, max_output_tokens=48,
            input=[{"role": "user", "content": [sound_part(question)]}])
        self.assertIn("Rome", answer.output_text)

    def test_an_answer_is_spoken_and_remembered(self):
        code = [{"role": "user", "content": "Say only this: the secret code is 7421."}]
        settings = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
        message = ask(self.openai, code, **settings).choices[0].message
        self.assertIsNone(message.content)
        self.assertIn("7421", message.audio.transcript)
        self.assertGreater(len(base64.b64decode(message.audio.data)), 40000)
        turns = code + [
            {"role": "assistant", "audio": {"id": message.audio.id}},
            {"role": "user", "content": "What is the secret code?"},
        ]
        self.assertIn("7421", ask(self.openai, turns).choices[0].message.content)
        turns[1]["audio"]["id"] = "audio_unknown"
        with self.assertRaises(openai.BadRequestError) as caught:
            ask(self.openai, turns)
        self.assertEqual(caught.exception.param, "messages[1].audio.id")

    def test_a_spoken_answer_is_streamed(self):
        settings = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}
        transcript, data, ids = "", b"", set()
        for chunk in ask(self.openai, "Count from one to five in words.", stream=True, **settings):
            audio = getattr(chunk.choices[0].delta, "audio", None) if chunk.choices else None
            if audio:
                audio = dict(audio)
                ids.add(audio["id"])
                transcript += audio.get("transcript") or ""
                data += base64.b64decode(audio.get("data") or "")
        self.assertEqual(len(ids), 1)
        self.assertIn("five", transcript.lower())
        self.assertGreater(len(data), 48000)


class Batches(Base):
    def run_batch(self, endpoint, body):
        line = {"custom_id": "a", "method": "POST", "url": endpoint, "body": body}
        file = self.openai.files.create(file=("b.jsonl", json.dumps(line).encode()), purpose="batch")
        batch = self.openai.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h")
        for _ in range(600):
            batch = self.openai.batches.retrieve(batch.id)
            if batch.status in ("completed", "failed", "expired", "cancelled"):
                break
            time.sleep(0.1)
        self.assertEqual(batch.status, "completed", batch)
        self.assertIsNotNone(batch.output_file_id, batch)
        return json.loads(self.openai.files.content(batch.output_file_id).text.splitlines()[0])["response"]["body"]

    def test_a_text_is_spoken_and_heard_again(self):
        spoken = self.run_batch(
            "/v1/audio/speech", {"model": "tts-1", "voice": "alloy", "input": WORDS, "response_format": "wav"})
        data = base64.b64decode(spoken["data"])
        file = self.openai.files.create(file=("fox.wav", data), purpose="user_data")
        heard = self.run_batch("/v1/audio/transcriptions", {"model": "whisper-1", "file": file.id})
        self.assertGreaterEqual(share(WORDS, heard["text"]), 0.8)


if __name__ == "__main__":
    unittest.main()
