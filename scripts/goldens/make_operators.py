"""Nodes of every operator that graphs are computed with, and what ONNX Runtime makes of random numbers in them.

    pip install onnx==1.23.2 onnxruntime==1.32.0 && python scripts/goldens/make_operators.py Tests/SpeechTests/Goldens/operators

Three graphs, for operators of version 20, of version 11 and those on pictures, whose nodes have nothing to do with each
other, and a list of cases: which value to ask for, what to give, what comes out.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(8)
KINDS = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64, "int32": TensorProto.INT32, "bool": TensorProto.BOOL,
         "uint8": TensorProto.UINT8, "int8": TensorProto.INT8}


def f(*shape):
    return random.standard_normal(shape).astype(np.float32)


def positive(*shape):
    return np.abs(f(*shape)) + np.float32(0.1)


def i(values, kind=np.int64):
    return np.array(values, kind)


def u8(*shape):
    return random.integers(0, 256, shape).astype(np.uint8)


def i8(*shape):
    return random.integers(-128, 128, shape).astype(np.int8)


class Graph:
    """Nodes of one version, each with inputs and outputs of its own."""

    def __init__(self, version):
        self.version, self.nodes, self.initializers, self.inputs, self.cases = version, [], [], [], []

    def nodes_of(self, name, nodes, given, outputs):
        """Several nodes that belong together. `given`: arrays by name, those in a tuple known beforehand."""
        inputs = {}
        for key, array in given.items():
            if isinstance(array, tuple):
                self.initializers.append(numpy_helper.from_array(np.asarray(array[0]), f"{name}.{key}"))
            else:
                array = np.asarray(array)
                inputs[f"{name}.{key}"] = array
                self.inputs.append(helper.make_tensor_value_info(f"{name}.{key}", KINDS[str(array.dtype)], array.shape))
        for op, ins, outs, attributes in nodes:
            attributes = dict(attributes)
            domain = attributes.pop("domain", "")
            self.nodes.append(helper.make_node(
                op, [n and f"{name}.{n}" for n in ins], [f"{name}.{n}" for n in outs], name=f"{name}.{outs[0]}",
                domain=domain, **attributes))
        self.cases.append({"name": name, "inputs": inputs, "outputs": [f"{name}.{n}" for n in outputs]})

    def one(self, name, op, *inputs, count=1, **attributes):
        """One node."""
        while inputs and inputs[-1] is None:
            inputs = inputs[:-1]
        keys = ["" if array is None else f"x{index}" for index, array in enumerate(inputs)]
        outputs = [f"y{index}" for index in range(count)]
        self.nodes_of(name, [(op, keys, outputs, attributes)],
                      {key: array for key, array in zip(keys, inputs) if key}, outputs)

    def write(self, file):
        graph = helper.make_graph(
            self.nodes, "operators", self.inputs,
            [onnx.ValueInfoProto(name=n) for case in self.cases for n in case["outputs"]], self.initializers)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", self.version), helper.make_opsetid("com.microsoft", 1)],
            ir_version=9, producer_name="tutti")
        (out / file).write_bytes(model.SerializeToString())
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(str(out / file), options)
        every = {key: array for case in self.cases for key, array in case["inputs"].items()}
        names = [n for case in self.cases for n in case["outputs"]]
        results = dict(zip(names, session.run(names, every)))

        def spelled(array):
            array = np.asarray(array)
            assert np.isfinite(array.astype(np.float64)).all()
            # The shortest digits that stand for just this float32.
            values = [float(str(value)) for value in array.ravel()] if array.dtype == np.float32 \
                else array.ravel().astype(np.int64).tolist()
            return {"kind": str(array.dtype), "shape": list(array.shape), "values": values}

        return [{"graph": file, "name": case["name"], "inputs": {k: spelled(v) for k, v in case["inputs"].items()},
                 "outputs": {n: spelled(results[n]) for n in case["outputs"]}} for case in self.cases]


g = Graph(20)
for op in ["Abs", "Atan", "Ceil", "Cos", "Erf", "Exp", "Floor", "Neg", "Relu", "Round", "Sigmoid", "Sin", "Softplus",
           "Tanh", "Sign", "HardSwish", "Identity", "LeakyRelu", "HardSigmoid", "Elu", "Gelu"]:
    g.one(op.lower(), op, f(3, 5) * 3)
for op in ["Log", "Sqrt", "Reciprocal"]:
    g.one(op.lower(), op, positive(2, 7))
g.one("sin-large", "Sin", f(500) * 3000)
g.one("leaky-relu-slope", "LeakyRelu", f(9), alpha=0.2)
g.one("hard-sigmoid-paddle", "HardSigmoid", f(9) * 3, alpha=1 / 6, beta=0.5)
g.one("gelu-tanh", "Gelu", f(9), approximate="tanh")
g.one("fast-gelu", "FastGelu", f(4, 6), f(6), domain="com.microsoft")
g.one("round-halves", "Round", np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], np.float32))
g.one("clip", "Clip", f(20), np.float32(-0.5), np.float32(0.75))
g.one("clip-low", "Clip", f(20), np.float32(1), None)
g.one("neg-int", "Neg", i([3, -4, 0]))
g.one("not", "Not", np.array([True, False]))
for kind in ["float32", "int32", "int64", "bool", "uint8", "int8"]:
    g.one(f"cast-{kind}", "Cast", np.array([0, 1.75, 100.5, 3], np.float32), to=KINDS[kind])
g.one("cast-negative", "Cast", np.array([-1.75, -100.5, 3e9], np.float32), to=TensorProto.INT64)
g.one("cast-words", "Cast", i([2**31 + 5, -7]), to=TensorProto.INT32)
g.one("cast-bool-float", "Cast", np.array([True, False]), to=TensorProto.FLOAT)
for op in ["Add", "Sub", "Mul", "Div"]:
    g.one(f"{op.lower()}-same", op, f(4, 5), f(4, 5))
    g.one(f"{op.lower()}-row", op, f(4, 5), f(5))
    g.one(f"{op.lower()}-column", op, f(4, 1), f(3, 1, 5))
    g.one(f"{op.lower()}-int", op, i([[7, -7, 9]]), i([[2], [-3]]))
g.one("add-large", "Add", f(3, 2, 400), f(3, 2, 1))
g.one("add-words", "Add", i([1, 2], np.int32), i([5], np.int32))
g.one("pow", "Pow", positive(3, 4), f(4))
g.one("pow-two", "Pow", f(3, 4), (np.float32(2),))
g.one("pow-int", "Pow", f(5), i(3))
g.one("mod", "Mod", i([7, -7, 7, -7]), i([3, 3, -3, -3]))
g.one("min", "Min", f(4, 3), f(3), f(4, 1))
g.one("max", "Max", f(4, 3), f(3))
for op in ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"]:
    g.one(f"{op.lower()}", op, np.round(f(6, 2)), np.round(f(2)))
    g.one(f"{op.lower()}-int", op, i([1, 2, 3]), i([3, 2, 1]))
g.one("equal-bool", "Equal", np.array([True, False]), np.array([True, True]))
for op in ["And", "Or", "Xor"]:
    g.one(op.lower(), op, np.array([[True], [False]]), np.array([True, False]))
g.one("where", "Where", np.array([[True], [False]]), f(2, 3), f(3))
g.one("where-int", "Where", np.array([True, False, True]), i([1, 2, 3]), i([9]))
for op in ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"]:
    g.one(f"{op.lower()}-last", op, f(3, 4, 37), i([-1]))
    g.one(f"{op.lower()}-middle", op, f(3, 4, 5), i([1]), keepdims=0)
    g.one(f"{op.lower()}-two", op, f(3, 4, 5), i([0, 2]))
    g.one(f"{op.lower()}-all", op, f(3, 4), None, keepdims=0)
g.one("reducesum-nothing", "ReduceSum", f(3, 4), i([]), noop_with_empty_axes=1)
g.one("reducesum-int", "ReduceSum", i([[1, 2], [3, 4]]), i([1]))
g.one("global-average-pool", "GlobalAveragePool", f(2, 3, 4, 5))
g.one("softmax", "Softmax", f(3, 9) * 4)
g.one("softmax-middle", "Softmax", f(2, 5, 3), axis=1)
g.one("cumsum", "CumSum", f(3, 6), i(1, np.int32))
g.one("cumsum-exclusive", "CumSum", f(3, 6), i(0), exclusive=1, reverse=1)
g.one("cumsum-int", "CumSum", i([1, 2, 3]), i(0), reverse=1)
g.one("argmax", "ArgMax", np.round(f(4, 6)), axis=1)
g.one("argmax-last", "ArgMax", np.round(f(4, 6)), axis=0, keepdims=0, select_last_index=1)
g.one("layer-norm", "LayerNormalization", f(3, 8), f(8), f(8), epsilon=1e-5)
g.one("layer-norm-two", "LayerNormalization", f(3, 4, 2), f(4, 2), axis=1)
g.one("skip-layer-norm", "SkipLayerNormalization", f(2, 3, 8), f(2, 3, 8), f(8), f(8), f(8), epsilon=1e-12,
      domain="com.microsoft")
g.one("batch-norm", "BatchNormalization", f(2, 3, 4), f(3), f(3), f(3), positive(3), epsilon=1e-3)
g.one("instance-norm", "InstanceNormalization", f(2, 3, 40), f(3), f(3))
g.one("shape", "Shape", f(2, 0, 4))
g.one("shape-part", "Shape", f(2, 3, 4), start=-2, end=10)
g.one("size", "Size", f(2, 3))
g.one("reshape", "Reshape", f(2, 3, 4), i([0, -1]))
g.one("reshape-zero", "Reshape", f(0, 4), i([2, 0]), allowzero=1)
g.one("flatten", "Flatten", f(2, 3, 4), axis=-1)
g.one("squeeze", "Squeeze", f(1, 3, 1), i([0]))
g.one("squeeze-all", "Squeeze", f(1, 3, 1), None)
g.one("unsqueeze", "Unsqueeze", f(3), i([0, -1]))
g.one("constant-of-shape", "ConstantOfShape", i([2, 3]), value=numpy_helper.from_array(i([7])))
g.one("constant-of-shape-zero", "ConstantOfShape", i([0, 3]))
g.one("range", "Range", i(3), i(11), i(3))
g.one("range-down", "Range", np.float32(2), np.float32(-1), np.float32(-0.75))
g.one("range-words", "Range", i(5, np.int32), i(1, np.int32), i(-2, np.int32))
for name, perm, shape in [("plane", [0, 2, 1], (2, 40, 50)), ("heads", [0, 2, 1, 3], (2, 3, 4, 5)), ("front", [2, 0, 1], (3, 4, 5)),
                          ("back", [1, 2, 0], (3, 4, 5)), ("mixed", [0, 2, 3, 1], (2, 3, 4, 5)), ("odd", [3, 1, 0, 2], (2, 3, 4, 5)),
                          ("ones", [1, 0, 2], (1, 4, 5))]:
    g.one(f"transpose-{name}", "Transpose", f(*shape), perm=perm)
g.one("transpose-int", "Transpose", i([[1, 2, 3], [4, 5, 6]]))
g.one("concat", "Concat", f(2, 3), f(2, 1), f(2, 2), axis=1)
g.one("concat-first", "Concat", i([1, 2]), i([3]), axis=-1)
g.one("split", "Split", f(2, 6, 3), i([1, 5]), axis=1, count=2)
g.one("split-equal", "Split", f(7, 2), axis=0, num_outputs=3, count=3)
g.one("slice", "Slice", f(4, 5, 6), i([1, -3]), i([3, 100]), i([0, 2]))
g.one("slice-back", "Slice", f(4, 5), i([-1, 10]), i([-100, 0]), i([0, 1]), i([-2, -1]))
g.one("slice-nothing", "Slice", f(4, 5), i([3]), i([1]))
g.one("slice-ends", "Slice", f(2, 9), i([-(2**63)]), i([2**63 - 1]), i([1]), i([2]))
g.one("expand", "Expand", f(3, 1), i([2, 1, 4]))
g.one("gather", "Gather", f(5, 3), i([[0, -1], [2, 2]]))
g.one("gather-one", "Gather", f(2, 5, 3), i(1), axis=1)
g.one("gather-bytes", "Gather", (u8(6, 4),), i([3, 0]))
g.one("scatter", "ScatterND", f(4, 3), i([[1, 2], [-1, 0]]), f(2))
g.one("scatter-rows", "ScatterND", f(4, 3), i([[2], [0]]), f(2, 3))
g.one("non-zero", "NonZero", np.round(f(3, 4)))
g.one("non-zero-bool", "NonZero", np.array([True, False, True]))
for mode in ["constant", "reflect", "edge"]:
    g.one(f"pad-{mode}", "Pad", f(3, 5), i([1, 2, 0, 3]), mode=mode)
g.one("pad-axes", "Pad", f(3, 5), i([2, -1]), np.float32(0.5), i([1]))
g.one("matmul", "MatMul", f(5, 7), f(7, 20))
g.one("matmul-weights", "MatMul", f(2, 5, 7), (f(7, 33),))
g.one("matmul-stack", "MatMul", f(2, 3, 4, 5), f(3, 5, 6))
g.one("matmul-vector", "MatMul", f(3, 5), f(5))
g.one("matmul-row", "MatMul", f(5), f(2, 5, 3))
g.one("fused-matmul", "FusedMatMul", f(2, 5, 4), f(2, 5, 6), transA=1, alpha=0.5, domain="com.microsoft")
g.one("fused-matmul-b", "FusedMatMul", f(4, 5), f(6, 5), transB=1, domain="com.microsoft")
g.one("gemm", "Gemm", f(3, 5), (f(4, 5),), f(4), transB=1, alpha=0.5, beta=2.0)
g.one("gemm-turned", "Gemm", f(5, 3), f(5, 4), f(3, 1), transA=1)
g.one("matmul-integer", "MatMulInteger", u8(3, 6), i8(6, 4), np.uint8(131), np.int8(3))
g.one("matmul-integer-columns", "MatMulInteger", u8(3, 6), (i8(6, 4),), np.uint8(9), (i8(4),))
g.one("quantize-dynamic", "DynamicQuantizeLinear", f(4, 9), count=3)
g.one("quantize-dynamic-positive", "DynamicQuantizeLinear", positive(11), count=3)
g.one("quantize-dynamic-zero", "DynamicQuantizeLinear", np.zeros(5, np.float32), count=3)
g.one("quantize", "QuantizeLinear", f(4, 3) * 9, positive(3), i8(3), axis=1)
g.one("dequantize", "DequantizeLinear", u8(4, 3), np.float32(0.03), np.uint8(120))
g.one("dequantize-axis", "DequantizeLinear", i8(4, 3), positive(4), i8(4), axis=0)
g.one("conv", "Conv", f(2, 6, 30), (f(10, 6, 5),), (f(10),), pads=[2, 2])
g.one("conv-strided", "Conv", f(1, 6, 31), (f(4, 6, 3),), strides=[2], dilations=[3], pads=[1, 4])
g.one("conv-groups", "Conv", f(1, 6, 20), (f(8, 3, 3),), (f(8),), group=2)
g.one("conv-depthwise", "Conv", f(1, 6, 20), (f(6, 1, 5),), (f(6),), group=6, dilations=[2])
g.one("conv-same", "Conv", f(1, 3, 11), (f(4, 3, 4),), auto_pad="SAME_UPPER", strides=[2])
g.one("conv-unknown", "Conv", f(1, 3, 11), f(4, 3, 3), f(4))
g.one("conv-none", "Conv", f(1, 3, 2), (f(4, 3, 3),), pads=[1, 0])
g.one("conv-transpose", "ConvTranspose", f(2, 6, 9), (f(6, 4, 8),), (f(4),), strides=[4], pads=[2, 2])
g.one("conv-transpose-extra", "ConvTranspose", f(1, 6, 9), (f(6, 1, 3),), (f(6),), group=6, strides=[2], pads=[1, 1],
      output_padding=[1])
g.one("conv-transpose-plain", "ConvTranspose", f(1, 22, 7), (f(22, 1, 20),), strides=[5])
g.one("conv-integer", "ConvInteger", u8(1, 5, 17), (u8(7, 5, 3),), np.uint8(100), (np.uint8(60),), pads=[1, 1])
g.one("conv-integer-strided", "ConvInteger", u8(2, 4, 17), u8(3, 4, 3), np.uint8(7), np.uint8(0), strides=[2], dilations=[2])
for direction, count in [("forward", 1), ("reverse", 1), ("bidirectional", 2)]:
    g.one(f"lstm-{direction}", "LSTM", f(6, 2, 5), (f(count, 12, 5),), (f(count, 12, 3),), f(count, 24), None,
          f(count, 2, 3), f(count, 2, 3), hidden_size=3, direction=direction, count=3)
g.one("lstm-quantized", "DynamicQuantizeLSTM", f(9, 1, 10), (i8(2, 10, 32),), (i8(2, 8, 32),), f(2, 64), None, f(2, 1, 8),
      f(2, 1, 8), None, (positive(2) * np.float32(0.01),), (i8(2),), (positive(2) * np.float32(0.01),), (i8(2),),
      hidden_size=8, direction="bidirectional", count=3, domain="com.microsoft")
g.one("stft", "STFT", f(2, 90, 1), i(5), positive(20), i(20))
g.one("stft-plain", "STFT", f(1, 40, 1), i(8), None, i(16), onesided=0)
for name, mode, transformation, nearest, scales in [
        ("up", "nearest", "asymmetric", "floor", [1, 1, 2]), ("down", "nearest", "asymmetric", "floor", [1, 1, 0.4]),
        ("half", "nearest", "half_pixel", "round_prefer_floor", [1, 1, 1.7]),
        ("linear-up", "linear", "half_pixel", "floor", [1, 1, 3]),
        ("linear-down", "linear", "half_pixel", "floor", [1, 1, 1 / 3]),
        ("linear-corners", "linear", "align_corners", "floor", [1, 1, 2.5])]:
    g.one(f"resize-{name}", "Resize", f(1, 3, 9), None, np.array(scales, np.float32), mode=mode,
          coordinate_transformation_mode=transformation, nearest_mode=nearest)
g.one("resize-sizes", "Resize", f(1, 2, 4, 5), None, None, i([1, 2, 8, 15]), mode="nearest",
      coordinate_transformation_mode="asymmetric", nearest_mode="floor")

# What is fused: products of bytes, and chains of operators on each number.
quantize = ("DynamicQuantizeLinear", ["x"], ["q", "s", "z"], {})
for name, x, w, zero, scale, rest in [
        ("fused-product", f(2, 3, 20), i8(20, 37), np.zeros(37, np.int8), positive(37), True),
        ("fused-product-one", f(1, 64), u8(64, 16), np.uint8(77), np.float32(0.02), False)]:
    g.nodes_of(name, [
        quantize, ("MatMulInteger", ["q", "w", "z", "wz"], ["p"], {}), ("Cast", ["p"], ["c"], {"to": TensorProto.FLOAT}),
        ("Mul", ["s", "ws"], ["scales"], {}), ("Mul", ["c", "scales"], ["m"], {}), ("Add", ["m", "b"], ["y"], {})],
        {"x": x, "w": (w,), "wz": (zero,), "ws": (scale,), "b": (f(w.shape[1]),)}, ["y"])
for name, channels, outputs, taps, attributes in [
        ("fused-conv", 6, 19, 5, {"pads": [2, 2]}), ("fused-conv-dilated", 8, 16, 3, {"pads": [3, 3], "dilations": [3]}),
        ("fused-conv-strided", 5, 7, 4, {"strides": [3]}), ("fused-conv-one", 12, 33, 1, {})]:
    g.nodes_of(name, [
        quantize, ("ConvInteger", ["q", "w", "z", "wz"], ["p"], attributes), ("Add", ["p", "b"], ["pb"], {}),
        ("Cast", ["pb"], ["c"], {"to": TensorProto.FLOAT}), ("Mul", ["s", "ws"], ["scale"], {}),
        ("Mul", ["c", "scale"], ["y"], {})],
        {"x": f(1, channels, 250), "w": (u8(outputs, channels, taps),), "wz": (np.uint8(71),), "ws": (np.float32(0.01),),
         "b": (random.integers(-900, 900, (1, outputs, 1)).astype(np.int32),)}, ["y"])
g.nodes_of("fused-chain", [
    ("Sub", ["x", "m"], ["d"], {}), ("Add", ["v", "e"], ["ve"], {}), ("Sqrt", ["ve"], ["r"], {}), ("Div", ["d", "r"], ["n"], {}),
    ("Mul", ["g", "n"], ["gn"], {}), ("Add", ["gn", "b"], ["h"], {}), ("Mul", ["a", "h"], ["ah"], {}), ("Sin", ["ah"], ["sn"], {}),
    ("Pow", ["sn", "two"], ["p"], {}), ("Mul", ["i", "p"], ["ip"], {}), ("Add", ["h", "ip"], ["y"], {})],
    {"x": f(1, 3, 2100), "m": f(1, 3, 1), "v": positive(1, 3, 1), "e": (np.float32(1e-5),), "g": f(1, 3, 1), "b": f(1, 3, 1),
     "a": (f(1, 3, 1),), "two": (np.float32(2),), "i": (f(1, 3, 1),)}, ["y"])
g.nodes_of("fused-chain-small", [
    ("Mul", ["x", "w"], ["m"], {}), ("Tanh", ["m"], ["t"], {}), ("Sub", ["w", "t"], ["y"], {})],
    {"x": f(2, 3), "w": f(3)}, ["y"])
g.nodes_of("fused-chain-int", [
    ("Mul", ["x", "w"], ["m"], {}), ("Add", ["m", "w"], ["y"], {})], {"x": i([[1, 2], [3, 4]]), "w": i([5, 6])}, ["y"])
g.nodes_of("fused-chain-outer", [
    ("Mul", ["a", "b"], ["m"], {}), ("Relu", ["m"], ["r"], {}), ("LeakyRelu", ["r"], ["l"], {}), ("Exp", ["l"], ["ex"], {}),
    ("Cos", ["ex"], ["c"], {}), ("Sigmoid", ["c"], ["y"], {})], {"a": f(70, 1) * np.float32(0.3), "b": f(1, 90)}, ["y"])
g.nodes_of("fused-gelu", [
    ("Div", ["x", "root"], ["d"], {}), ("Erf", ["d"], ["e"], {}), ("Add", ["e", "one"], ["s"], {}), ("Mul", ["x", "s"], ["m"], {}),
    ("Mul", ["m", "half"], ["y"], {})],
    {"x": f(3, 1500), "root": (np.float32(2**0.5),), "one": (np.float32(1),), "half": (np.float32(0.5),)}, ["y"])
g.nodes_of("folded", [
    ("Shape", ["x"], ["s"], {}), ("Gather", ["s", "one"], ["n"], {}), ("Concat", ["n", "k"], ["t"], {"axis": 0}),
    ("Mul", ["k", "k"], ["kk"], {}), ("Reshape", ["x", "t"], ["y"], {})],
    {"x": f(2, 6), "one": (i([1]),), "k": (i([2]),)}, ["y", "kk"])

# Where operators of version 11 differ.
h = Graph(11)
h.one("old-squeeze", "Squeeze", f(1, 3, 1), axes=[2])
h.one("old-unsqueeze", "Unsqueeze", f(3), axes=[1])
h.one("old-reducemean", "ReduceMean", f(2, 3, 4), axes=[1, 2], keepdims=0)
h.one("old-reducesum", "ReduceSum", f(2, 3, 4), axes=[-1])
h.one("old-softmax", "Softmax", f(2, 3, 4))
h.one("old-softmax-last", "Softmax", f(2, 3, 4), axis=2)
h.one("old-split", "Split", f(2, 5), axis=1, split=[2, 3], count=2)
h.one("old-split-equal", "Split", f(2, 6), axis=1, count=3)
h.one("old-clip", "Clip", f(9), np.float32(-0.3), np.float32(0.3))
h.one("old-pad", "Pad", f(3, 2), i([0, 1, 1, 0]), np.float32(2))
h.one("old-slice", "Slice", f(3, 8), i([2]), i([7]), i([1]), i([3]))
h.one("old-resize", "Resize", f(1, 2, 3, 4), (np.array([], np.float32),), (np.array([1, 1, 2, 4], np.float32),), mode="nearest",
      coordinate_transformation_mode="asymmetric", nearest_mode="floor")

# Pictures: windows along two axes, and what is fused with them or computed on the features between them.
p = Graph(17)
for name, shape, weights, bias, attributes in [
        ("pixels", (2, 6, 7, 9), (20, 6, 1, 1), True, {}),
        ("square", (2, 6, 13, 17), (10, 6, 3, 3), True, {"pads": [1, 1, 1, 1]}),
        ("strided", (1, 3, 14, 19), (17, 3, 3, 3), False, {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ("oblong", (1, 4, 9, 30), (5, 4, 1, 7), True, {"strides": [2, 1], "pads": [0, 3, 0, 3]}),
        ("dilated", (1, 4, 15, 16), (5, 4, 3, 3), True, {"dilations": [2, 3], "pads": [2, 1, 0, 3]}),
        ("upper", (1, 5, 8, 11), (7, 5, 2, 2), True, {"auto_pad": "SAME_UPPER"}),
        ("upper-strided", (1, 5, 8, 11), (7, 5, 3, 4), True, {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
        ("lower", (1, 5, 8, 11), (7, 5, 2, 4), True, {"auto_pad": "SAME_LOWER"}),
        ("valid", (1, 5, 8, 11), (7, 5, 2, 4), True, {"auto_pad": "VALID"}),
        ("patches", (1, 3, 12, 16), (24, 3, 4, 4), True, {"strides": [4, 4]}),
        ("groups", (1, 6, 8, 9), (8, 3, 3, 3), True, {"group": 2, "pads": [1, 1, 1, 1]}),
        ("depthwise", (2, 20, 9, 13), (20, 1, 3, 3), True, {"group": 20, "pads": [1, 1, 1, 1]}),
        ("depthwise-strided", (1, 33, 9, 13), (33, 1, 5, 5), False, {"group": 33, "strides": [2, 1], "pads": [2, 2, 2, 2]}),
        ("depthwise-wider", (1, 4, 9, 13), (8, 1, 3, 3), True, {"group": 4})]:
    w = (f(*weights),)
    p.one(f"picture-conv-{name}", "Conv", f(*shape), w, *([(f(weights[0]),)] if bias else []), **attributes)
p.one("picture-conv-unknown", "Conv", f(1, 3, 8, 9), f(4, 3, 3, 3), f(4), pads=[1, 1, 1, 1])
p.one("picture-transposed", "ConvTranspose", f(2, 6, 5, 7), (f(6, 4, 2, 2),), (f(4),), strides=[2, 2])
p.one("picture-transposed-one", "ConvTranspose", f(1, 24, 5, 7), (f(24, 1, 2, 3),), strides=[2, 3])
p.one("picture-transposed-unknown", "ConvTranspose", f(1, 6, 5, 7), f(6, 4, 2, 2), f(4), strides=[2, 2])
for name, attributes in [
        ("upper", {"kernel_shape": [2, 2], "auto_pad": "SAME_UPPER"}), ("strided", {"kernel_shape": [3, 2], "strides": [3, 2]}),
        ("padded", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ("ceil", {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1})]:
    p.one(f"picture-max-{name}", "MaxPool", f(2, 5, 9, 12), **attributes)
    p.one(f"picture-average-{name}", "AveragePool", f(2, 5, 9, 12), **attributes)
p.one("picture-max-dilated", "MaxPool", f(1, 5, 9, 12), kernel_shape=[3, 2], dilations=[2, 3])
p.one("picture-average-counted", "AveragePool", f(1, 5, 9, 12), kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)


def after_conv(name, nodes, given={}, outputs=("y",), channels=18, groups=1, shape=(1, 6, 4, 6), known_bias=False):
    """A convolution from x to c and what follows on it."""
    inputs = ["x", "w"] + (["wb"] if known_bias else [])
    arrays = {"x": f(*shape), "w": (f(channels, shape[1] // groups, 3, 3),)}
    if known_bias:
        arrays["wb"] = (f(channels),)
    p.nodes_of(f"picture-{name}", [("Conv", inputs, ["c"], {"pads": [1, 1, 1, 1], "group": groups}), *nodes],
               {**arrays, **given}, list(outputs))


bias = {"b": (f(1, 18, 1, 1),)}
normal = {"gain": (f(18),), "shift": (f(18),), "mean": (f(18),), "variance": (positive(18),)}
one = {"three": (np.float32(3),), "zero": (np.float32(0),), "six": (np.float32(6),)}
gelu_numbers = {"root": (np.float32(2**0.5),), "one": (np.float32(1),), "half": (np.float32(0.5),)}
gelu = [("Div", ["c", "root"], ["d"], {}), ("Erf", ["d"], ["e"], {}), ("Add", ["e", "one"], ["s"], {}), ("Mul", ["c", "s"], ["m"], {}),
        ("Mul", ["m", "half"], ["g"], {})]
hard = [("Add", ["c", "three"], ["a"], {}), ("Clip", ["a", "zero", "six"], ["k"], {}), ("Mul", ["c", "k"], ["m"], {})]
after_conv("relu", [("Add", ["c", "b"], ["a"], {}), ("Identity", ["a"], ["i"], {}), ("Relu", ["i"], ["y"], {})], bias)
after_conv("normalised", [("BatchNormalization", ["c", "gain", "shift", "mean", "variance"], ["n"], {}),
                          ("LeakyRelu", ["n"], ["y"], {"alpha": 0.2})], normal, known_bias=True)
after_conv("normalised-again", [
    ("Relu", ["c"], ["r"], {}), ("BatchNormalization", ["r", "gain", "shift", "mean", "variance"], ["n"], {}),
    ("Mul", ["n", "b"], ["m"], {}), ("Add", ["r", "m"], ["y"], {})], {**normal, **bias})
after_conv("gelu", gelu + [("Add", ["g", "c"], ["y"], {})], gelu_numbers)
after_conv("gelu-alone", gelu, gelu_numbers, outputs=["g"], known_bias=True)
after_conv("hard-swish", hard + [("Div", ["m", "six"], ["y"], {})], one)
after_conv("hard-swish-read", hard + [("Div", ["m", "six"], ["y"], {}), ("Sigmoid", ["k"], ["z"], {})], one, outputs=["y", "z"])
after_conv("hard-sigmoid", [("HardSigmoid", ["c"], ["h"], {"alpha": 1 / 6}), ("Mul", ["h", "c"], ["y"], {})])
after_conv("hard-sigmoid-alone", [("HardSigmoid", ["c"], ["y"], {})])
after_conv("silu", [("Sigmoid", ["c"], ["s"], {}), ("Mul", ["c", "s"], ["y"], {})])
after_conv("silu-read", [("Sigmoid", ["c"], ["s"], {}), ("Mul", ["c", "s"], ["m"], {}), ("Add", ["c", "m"], ["n"], {}),
                         ("Tanh", ["n"], ["y"], {})])
after_conv("clip", [("Clip", ["c", "zero", "six"], ["y"], {})], one)
after_conv("output", [("Relu", ["c"], ["y"], {}), ("Sigmoid", ["y"], ["z"], {})], outputs=["c", "y", "z"])
after_conv("residual", [("Conv", ["c", "v"], ["d"], {}), ("Add", ["d", "c"], ["y"], {})], {"v": (f(18, 18, 1, 1),)})
after_conv("residual-read", [("Conv", ["c", "v"], ["d"], {}), ("Relu", ["d"], ["r"], {}), ("Add", ["c", "r"], ["a"], {}),
                             ("Add", ["a", "c"], ["y"], {})], {"v": (f(18, 18, 1, 1),)})
after_conv("residual-late", [("Conv", ["x", "v"], ["d"], {}), ("Sigmoid", ["d"], ["s"], {}), ("Add", ["c", "s"], ["y"], {})],
           {"v": (f(18, 6, 1, 1),)})
squeeze = [("GlobalAveragePool", ["c"], ["g"], {}), ("Conv", ["g", "u"], ["h"], {}), ("Relu", ["h"], ["r"], {}),
           ("Conv", ["r", "v"], ["e"], {}), ("HardSigmoid", ["e"], ["s"], {}), ("Mul", ["c", "s"], ["m"], {})]
narrow = {"u": (f(4, 18, 1, 1),), "v": (f(18, 4, 1, 1),)}
after_conv("squeeze", squeeze, narrow, outputs=["m"])
after_conv("squeeze-turned", squeeze[:-1] + [("Mul", ["s", "c"], ["m"], {})], narrow, outputs=["m"])
after_conv("squeeze-residual", squeeze + [("Add", ["c", "m"], ["a"], {}), ("Conv", ["x", "t"], ["z"], {}), ("Add", ["a", "z"], ["y"], {})],
           {**narrow, "t": (f(18, 6, 1, 1),)})
after_conv("mean", [("ReduceMean", ["c"], ["m"], {"axes": [2, 3]}), ("Add", ["c", "m"], ["y"], {})])
after_conv("mean-flat", [("ReduceMean", ["c"], ["y"], {"axes": [-2, -1], "keepdims": 0})])
twice = {"scales": (np.array([1, 1, 2, 3], np.float32),)}
nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
wide = {"wide": (f(18, 6, 1, 1),)}
after_conv("enlarged", [("Resize", ["c", "", "scales"], ["y"], nearest)], twice)
after_conv("enlarged-sum", [
    ("MaxPool", ["c"], ["p"], {"kernel_shape": [2, 3], "strides": [2, 3]}), ("Resize", ["p", "", "scales"], ["l"], nearest),
    ("Add", ["c", "l"], ["a"], {}), ("Relu", ["a"], ["y"], {})], twice, shape=(1, 6, 4, 6))
after_conv("enlarged-both", [
    ("Resize", ["c", "", "scales"], ["l"], nearest), ("Conv", ["l", "v"], ["d"], {"pads": [1, 1, 1, 1]}), ("Add", ["l", "l"], ["t"], {}),
    ("Add", ["d", "t"], ["y"], {})], {**twice, "v": (f(18, 18, 3, 3),)})
after_conv("enlarged-squeeze", [
    ("MaxPool", ["c"], ["p"], {"kernel_shape": [2, 3], "strides": [2, 3]}), ("Resize", ["p", "", "scales"], ["l"], nearest),
    *squeeze, ("Add", ["c", "m"], ["a"], {}), ("Add", ["a", "l"], ["y"], {})], {**twice, **narrow}, shape=(2, 6, 4, 6))
after_conv("linear", [("Resize", ["c", "", "scales"], ["y"], {"mode": "linear"})], twice)
after_conv("joined", [
    ("Relu", ["c"], ["r"], {}), ("MaxPool", ["c"], ["p"], {"kernel_shape": [2, 3], "strides": [2, 3]}),
    ("Resize", ["p", "", "scales"], ["l"], nearest), ("Concat", ["r", "l", "c"], ["j"], {"axis": 1}), ("Conv", ["j", "v"], ["y"], {})],
    {**twice, "v": (f(5, 54, 1, 1),)}, shape=(2, 6, 4, 6))
after_conv("joined-lines", [("Relu", ["c"], ["r"], {}), ("Concat", ["r", "c"], ["y"], {"axis": 2})])
after_conv("product", [("Relu", ["c"], ["r"], {}), ("Mul", ["c", "r"], ["y"], {})])
after_conv("plane", [("Add", ["c", "q"], ["y"], {})], {"q": (f(4, 6),)})
after_conv("given", [("Add", ["c", "q"], ["a"], {}), ("Mul", ["a", "q"], ["y"], {})], {"q": f(1, 18, 1, 1)})
after_conv("shape", [("Shape", ["c"], ["s"], {}), ("Reshape", ["c", "t"], ["r"], {}), ("Transpose", ["r"], ["y"], {"perm": [0, 2, 1]})],
           {"t": (i([0, 0, -1]),)}, outputs=["s", "y"])
after_conv("transposed", [("ConvTranspose", ["c", "v"], ["d"], {"strides": [2, 2]}), ("Add", ["d", "b"], ["a"], {}), ("Sigmoid", ["a"], ["y"], {})],
           {"v": (f(18, 5, 2, 2),), "b": (f(1, 5, 1, 1),)})

cases = g.write("operators-20.onnx") + h.write("operators-11.onnx")
for file, some in [("cases.json", cases), ("pictures.json", p.write("operators-17.onnx"))]:
    (out / file).write_text(
        json.dumps({"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__, "cases": some}, separators=(",", ":")) + "\n")
    print(len(some), "cases")
