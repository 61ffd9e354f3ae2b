"""Puts objects on a server and writes its description with their names in it, so that generated requests reach them.

    scripts/schemathesis-objects.py URL MODEL >openapi.json

Every operation on an object gets some of its own, so that what one deletes is there for the others; now and then a name
that stands for nothing. Needs nothing but Python.
"""
import json
import sys
import urllib.request
import uuid

EACH = 12
URL, MODEL = sys.argv[1:]
HELLO = [{"role": "user", "content": "Hello."}]


def ask(path, body=None, kind="application/json"):
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"Content-Type": kind} if body is not None else {})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def form(field, data, **texts):
    mark = uuid.uuid4().hex
    parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in texts.items()]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="{field}"; filename="f.jsonl"\r\n\r\n'
    return "".join([*parts, head, data, f"\r\n--{mark}--\r\n"]).encode(), f"multipart/form-data; boundary={mark}"


def file(purpose="user_data"):
    body = {"model": MODEL, "messages": HELLO, "max_completion_tokens": 1}
    line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
    return ask("/v1/files", *form("file", json.dumps(line), purpose=purpose))["id"]


def upload():
    body = {"bytes": 3, "filename": "f", "mime_type": "text/plain", "purpose": "user_data"}
    name = ask("/v1/uploads", body)["id"]
    ask(f"/v1/uploads/{name}/parts", *form("data", "abc"))
    return name


def batch():
    body = {"input_file_id": file("batch"), "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    return ask("/v1/batches", body)["id"]


def conversation():
    items = [{"type": "message", "id": f"msg_{n}", **HELLO[0]} for n in range(3)]
    return ask("/v1/conversations", {"items": items})["id"]


def response(**more):
    return ask("/v1/responses", {"model": MODEL, "input": "Hello.", "max_output_tokens": 1, **more})["id"]


def completion():
    body = {"model": MODEL, "messages": HELLO, "max_completion_tokens": 1, "store": True}
    return ask("/v1/chat/completions", body)["id"]


# By what a path begins with.
MAKERS = {
    "/v1/files": file, "/v1/uploads": upload, "/v1/batches": batch, "/v1/conversations": conversation,
    "/v1/responses": response, "/v1/chat/completions": completion,
}


def names(path, method, count=EACH):
    maker = next(make for start, make in MAKERS.items() if path.startswith(start))
    more = {"background": True} if path.endswith("cancel") and maker is response else {}
    return {"enum": [maker(**more) for _ in range(count)] + ["of-nothing"]}


def is_offered(methods):
    return any("200" in operation["responses"] for operation in methods.values())


def main():
    document = ask("/openapi.json")
    # What is not offered answers every request alike.
    offered = {path: methods for path, methods in document["paths"].items() if is_offered(methods)}
    document["paths"] = offered
    for path, methods in offered.items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "id":
                    parameter["schema"] = names(path, method, EACH * 3 if method == "delete" else EACH)
                elif parameter["name"] == "item":
                    parameter["schema"] = {"enum": ["msg_0", "msg_1", "msg_2", "of-nothing"]}
                elif parameter["name"] == "model":
                    parameter["schema"] = {"enum": [MODEL, "gpt-4o", "of-nothing"]}
                elif parameter["name"] == "after" and path in MAKERS:
                    parameter["schema"] = names(path, method)
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("Request"):
            schema["properties"]["model"] = {"enum": [MODEL]}
    schemas["ResponseRequest"]["properties"]["previous_response_id"] = names("/v1/responses", "post")
    schemas["ResponseRequest"]["properties"]["conversation"] = names("/v1/conversations", "post")
    batches = document["paths"]["/v1/batches"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    batches["properties"]["input_file_id"] = {"enum": [file("batch") for _ in range(EACH)] + ["of-nothing"]}
    json.dump(document, sys.stdout)


main()
