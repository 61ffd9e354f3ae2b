"""Runs a local task of lm-eval through /v1/completions, and prints what it scored, sample by sample, as JSON.

The task is a choice of four: lm-eval asks for the log-likelihood of each choice, in the model's own tokens. `tutti
tokenize` makes those, as a GGUF file brings no tokenizer that Python reads. argv: the program `tutti`.
"""
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

ROWS = [
    {"question": "The capital of France is", "choices": [" London", " Paris", " Rome", " Berlin"], "answer": 1},
    {"question": "Monday, Tuesday, Wednesday,", "choices": [" Friday", " Sunday", " Thursday", " Monday"], "answer": 2},
    {"question": "One, two, three, four, five,", "choices": [" six", " nine", " one", " ten"], "answer": 0},
    {"question": "The opposite of hot is", "choices": [" warm", " spicy", " red", " cold"], "answer": 3},
    {"question": "Water freezes at zero degrees", "choices": [" Celsius", " Kelvin", " north", " Tuesday"], "answer": 0},
]
TASK = """
task: local_choices
dataset_path: json
dataset_kwargs:
  data_files: {{test: {folder}/rows.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}}"
doc_to_choice: choices
doc_to_target: answer
target_delimiter: ""
metric_list: [{{metric: acc}}, {{metric: acc_norm}}]
"""


@functools.cache
def tokens(tutti, model, text):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(text)
        file.flush()
        command = [tutti, "tokenize", "-m", model, "--json", file.name]
        return tuple(json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["ids"])


def main():
    url, model, key = os.environ["TUTTI_URL"], os.environ["TUTTI_MODEL"], os.environ.get("TUTTI_KEY", "none")
    os.environ["OPENAI_API_KEY"] = key
    from lm_eval import simple_evaluate
    from lm_eval.models.openai_completions import LocalCompletionsAPI
    from lm_eval.tasks import TaskManager

    class Served(LocalCompletionsAPI):
        def tok_encode(self, string, *_, **__):
            return list(tokens(sys.argv[1], model, string))

    served = Served(
        base_url=f"{url}/v1/completions", model=model, tokenizer_backend=None, max_retries=1, batch_size=2
    )
    # What lm-eval would ask it for, `tok_encode` answers.
    served.tokenizer, served.tokenized_requests = served, True
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HF_HOME"] = folder
        here = pathlib.Path(folder)
        (here / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
        (here / "choices.yaml").write_text(TASK.format(folder=folder))
        made = simple_evaluate(
            model=served,
            tasks=["local_choices"],
            task_manager=TaskManager(include_path=folder, include_defaults=False),
            log_samples=True,
            bootstrap_iters=0,
        )
    samples = sorted(made["samples"]["local_choices"], key=lambda sample: sample["doc_id"])
    print(
        json.dumps(
            {
                "accuracy": made["results"]["local_choices"]["acc,none"],
                "likelihoods": [[float(each[0][0]) for each in sample["resps"]] for sample in samples],
                "rows": ROWS,
            }
        )
    )


if __name__ == "__main__":
    main()
