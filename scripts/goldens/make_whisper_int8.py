"""A tiny Whisper as CTranslate2 rounds one to bytes, and what `transformers` makes of the numbers that it then holds.

    pip install ctranslate2 transformers torch safetensors
    python make_whisper_int8.py Tests/SpeechTests/Goldens/whisper/tiny OUT

OUT gets `model.bin` (every matrix and convolution in int8 with a scale for each row, the rest in float16), a config.json, and
golden.safetensors: the inputs of the tiny golden, the encoder's output and logits, computed in float32 on bytes over scales.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from ctranslate2.converters.transformers import WhisperLoader
from safetensors.torch import load_file, save_file
from transformers import WhisperForConditionalGeneration

torch.set_num_threads(1)


def rounded(spec):
    """In the order in which they are written: each variable, the bytes' over their scales."""
    variables = dict(spec.variables(ordered=True))
    values = {}
    for name, value in variables.items():
        if isinstance(value, str) or name.endswith("_scale"):
            continue
        array = value.numpy().astype(np.float32)
        scale = variables.get(name + "_scale")
        if scale is not None and not isinstance(scale, str):
            array = array / scale.numpy().reshape([-1] + [1] * (array.ndim - 1))
        values[name] = torch.from_numpy(np.asarray(array))
    return values


def put_back(model, values):
    """CTranslate2's variables into the places that they came from."""
    def copy(parameter, value):
        parameter.data.copy_(value.reshape(parameter.shape))

    def norm(layer, name):
        copy(layer.weight, values[name + "/gamma"]), copy(layer.bias, values[name + "/beta"])

    def linear(layers, name):
        weight, bias = values[name + "/weight"], values.get(name + "/bias")
        for index, layer in enumerate(layers):
            rows = slice(index * layer.out_features, (index + 1) * layer.out_features)
            copy(layer.weight, weight[rows])
            if layer.bias is not None:
                copy(layer.bias, bias[rows])

    encoder, decoder = model.model.encoder, model.model.decoder
    for index in (1, 2):
        conv = getattr(encoder, f"conv{index}")
        copy(conv.weight, values[f"encoder/conv{index}/weight"]), copy(conv.bias, values[f"encoder/conv{index}/bias"])
    for side, stack in (("encoder", encoder), ("decoder", decoder)):
        copy(stack.embed_positions.weight, values[f"{side}/position_encodings/encodings"])
        norm(stack.layer_norm, f"{side}/layer_norm")
        for index, layer in enumerate(stack.layers):
            name = f"{side}/layer_{index}"
            own = layer.self_attn
            norm(layer.self_attn_layer_norm, f"{name}/self_attention/layer_norm")
            linear([own.q_proj, own.k_proj, own.v_proj], f"{name}/self_attention/linear_0")
            linear([own.out_proj], f"{name}/self_attention/linear_1")
            norm(layer.final_layer_norm, f"{name}/ffn/layer_norm")
            linear([layer.fc1], f"{name}/ffn/linear_0"), linear([layer.fc2], f"{name}/ffn/linear_1")
            if side == "decoder":
                cross = layer.encoder_attn
                norm(layer.encoder_attn_layer_norm, f"{name}/attention/layer_norm")
                linear([cross.q_proj], f"{name}/attention/linear_0")
                linear([cross.k_proj, cross.v_proj], f"{name}/attention/linear_1")
                linear([cross.out_proj], f"{name}/attention/linear_2")
    copy(decoder.embed_tokens.weight, values["decoder/embeddings/weight"])


def main():
    tiny, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    model = WhisperForConditionalGeneration.from_pretrained(tiny, attn_implementation="eager").eval()
    spec = WhisperLoader().get_model_spec(model)
    spec.register_vocabulary([f"<{id}>" for id in range(model.config.vocab_size)])
    spec.validate()
    spec.optimize(quantization="int8_float16")
    spec._serialize(str(out / "model.bin"))
    (out / "config.json").write_text(json.dumps({"suppress_ids": [], "suppress_ids_begin": [], "lang_ids": []}) + "\n")
    put_back(model, rounded(spec))
    golden = load_file(tiny / "golden.safetensors")
    inputs = {key: golden[key].contiguous() for key in ("input_features", "decoder_input_ids")}
    with torch.no_grad():
        result = model(**inputs, use_cache=False)
    far = (result.logits[0] - golden["logits"]).abs().max() / golden["logits"].abs().max()
    print(f"rounding moves the logits by {far:.4f} of the largest")
    save_file({**inputs, "encoder_output": result.encoder_last_hidden_state[0].contiguous(),
               "logits": result.logits[0].contiguous()}, out / "golden.safetensors")


if __name__ == "__main__":
    main()
