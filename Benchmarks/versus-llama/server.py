"""Conversations with llama-server, as `tutti bench --conversations` holds them with its engine."""

import asyncio
import contextlib
import dataclasses
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import programs


@dataclasses.dataclass
class Load:
    conversations: int
    # How often each conversation asks, one request after the other.
    requests: int
    prompt_tokens: int
    answer_tokens: int


def prompt(number, count, vocabulary):
    """The same tokens as `BenchmarkPrompt` in Sources/Tutti: Knuth's MMIX generator, another first token each time."""
    state, tokens = number, [number % vocabulary]
    while len(tokens) < count:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        tokens.append((state >> 33) % vocabulary)
    return tokens


@contextlib.contextmanager
def running(options, subject, load, threads):
    """llama-server with a slot for each conversation, on a free port, which is given."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Whole multiples of 256 tokens for each slot, as it rounds them itself.
    slot = -(-(load.prompt_tokens + load.answer_tokens + 8) // 256) * 256
    with tempfile.TemporaryFile() as log:
        process = programs.start(
            [options.llama("llama-server"), "-m", subject.file, "--host", "127.0.0.1", "--port", str(port),
             "-np", str(load.conversations), "-c", str(load.conversations * slot), "-t", str(threads),
             "-tb", str(threads), "--no-webui", "--cache-ram", "0"], threads, stdout=log, stderr=log)
        try:
            wait_until_ready(process, port, log)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_ready(process, port, log, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    log.seek(0)
    sys.exit(f"llama-server did not start:\n{log.read().decode('utf-8', 'replace')[-2000:]}")


async def ask(port, tokens, answer_tokens):
    """When a request was made, when each piece of its answer came, and how many tokens they were."""
    body = json.dumps({"prompt": tokens, "n_predict": answer_tokens, "temperature": 0, "stream": True,
                       "ignore_eos": True, "cache_prompt": False}).encode()
    asked = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /completion HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                 b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    received, came = bytearray(), []
    while piece := await reader.read(65536):
        now, before = time.monotonic(), max(0, len(received) - 5)
        received += piece
        came += [now] * received.count(b"data: ", before)
    writer.close()
    last = received[received.rindex(b"data: ") + 6:].split(b"\n")[0] if came else b"{}"
    count = json.loads(last).get("tokens_predicted", 0)
    if count != answer_tokens:
        sys.exit(f"llama-server answered {count} of {answer_tokens} tokens:\n{bytes(received[-500:])}")
    # The last event tells that the answer has ended; it may or may not bring a token of its own.
    return asked, came[:answer_tokens], count


async def converse(port, load, vocabulary):
    await ask(port, prompt(0, load.prompt_tokens, vocabulary), 8)

    async def conversation(place):
        return [await ask(port, prompt(1 + place * load.requests + request, load.prompt_tokens, vocabulary),
                          load.answer_tokens) for request in range(load.requests)]

    start = time.monotonic()
    answers = sum(await asyncio.gather(*(conversation(place) for place in range(load.conversations))), [])
    seconds = max(came[-1] for _, came, _ in answers) - start
    return {"rate": sum(count for _, _, count in answers) / seconds,
            "first": [came[0] - asked for asked, came, _ in answers],
            "between": [after - before for _, came, _ in answers for before, after in zip(came, came[1:])]}


def measure(options, subject, load, threads):
    """Tokens of answers in a second, seconds to each first token, and between tokens."""
    with running(options, subject, load, threads) as port:
        return asyncio.run(converse(port, load, subject.vocabulary))
