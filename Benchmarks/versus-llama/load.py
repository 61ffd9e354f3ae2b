"""The second table: throughput and waiting under load."""

import statistics

import programs
import server
import tables

HEAD = """Conversations at once; each asks {requests}×, one request after the other, with {prompt} tokens that no
other prompt shares, and reads {answer} tokens, greedily chosen and streamed. The same requests go to both. llama.cpp
answers as `llama-server -np N` over HTTP; Tutti's engine is asked within the process, by `tutti bench --conversations`:
what HTTP costs is not in its numbers (`make bench-server` measures it). Rates count tokens of answers and the time of
their prompts."""


def run_ours(options, subject, load, threads):
    report, _, _ = programs.run_json(
        [options.tutti, "bench", "-m", subject.file, "--conversations", str(load.conversations),
         "--prefill", str(load.prompt_tokens), "--decode", str(load.answer_tokens), "--rounds", str(load.requests),
         "--threads", str(threads), "--json"], threads, options.environment)
    result = report["results"][0]
    return {"rate": result["tokens_per_second"], "first": result["first_token_seconds"]["all"],
            "between": result["between_tokens_seconds"]["all"]}


def compare(options, subject, progress):
    """The rows of one model: for each number of conversations, what every round gave."""
    threads, rows = max(options.threads), []
    for conversations in options.conversations:
        load = server.Load(conversations, options.requests, options.load_prompt, options.load_answer)
        sides = {"ours": (run_ours, []), "theirs": (server.measure, [])}
        for number in range(options.load_rounds):
            progress(f"{subject.name}: {conversations} at once, round {number + 1} of {options.load_rounds}")
            for side in sides if number % 2 == 0 else reversed(sides):
                measure, results = sides[side]
                results.append(measure(options, subject, load, threads))
        rows.append((subject.name, conversations, sides["ours"][1], sides["theirs"][1]))
    return rows


def table(options, rows):
    lines = [HEAD.format(requests=options.requests, prompt=options.load_prompt, answer=options.load_answer), "",
             "| model | at once | tutti, tokens/s | llama.cpp | ours / theirs | first token, p50 · p95, ms: tutti "
             "| llama.cpp | between tokens, p50 · p95, ms: tutti | llama.cpp |",
             "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for model, conversations, ours, theirs in rows:
        ratio = statistics.median(x["rate"] / y["rate"] for x, y in zip(ours, theirs))
        times = [percentiles(side, name) for name in ("first", "between") for side in (ours, theirs)]
        rates = [tables.spread([result["rate"] for result in side]) for side in (ours, theirs)]
        lines.append(f"| {model} | {conversations} | {' | '.join(rates)} | {ratio:.2f} | {' | '.join(times)} |")
    return "\n".join(lines)


def percentiles(results, name):
    """Over the requests or tokens of all rounds, in milliseconds."""
    values = [1000 * value for result in results for value in result[name]]
    return " · ".join(tables.shown(tables.percentile(share, values)) for share in (0.5, 0.95))
