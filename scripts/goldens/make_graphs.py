"""Small graphs with every way in which ONNX writes numbers, and one as ONNX Runtime keeps it.

    pip install onnx==1.23.2 onnxruntime==1.32.0 && python scripts/goldens/make_graphs.py Tests/CheckpointsTests/Goldens/graphs
"""

import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def constant(name, array):
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(array, name))


def model(graph):
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10, producer_name="tutti")
    helper.set_model_props(made, {"character": "a\nb\nč", "kind": "golden"})
    onnx.checker.check_model(made)
    return made


# Raw bytes and numbers one by one, of each kind.
raw = np.array([[0.5, -1.25, 3], [1e-3, 2, -7]], np.float32)
numbers = [
    numpy_helper.from_array(raw, "raw"),
    helper.make_tensor("floats", TensorProto.FLOAT, [3], [0.25, -0.5, 8]),
    helper.make_tensor("doubles", TensorProto.DOUBLE, [2], [1.5, -2.5]),
    helper.make_tensor("halves", TensorProto.FLOAT16, [2], np.array([0.5, -2], np.float16)),
    numpy_helper.from_array(np.array([1, -2, 3], np.int64), "longs"),
    helper.make_tensor("longs_one_by_one", TensorProto.INT64, [2], [-(2**40), 5]),
    helper.make_tensor("bytes", TensorProto.UINT8, [3], [0, 128, 255]),
    helper.make_tensor("signed_bytes", TensorProto.INT8, [2], [-128, 127]),
    helper.make_tensor("flag", TensorProto.BOOL, [], [True]),
]
then_branch = helper.make_graph(
    [constant("two", np.float32(2)), helper.make_node("Mul", ["x", "two"], ["then_y"], name="twice")], "then",
    [], [value("then_y", TensorProto.FLOAT, [2, 3])])
else_branch = helper.make_graph(
    [helper.make_node("Add", ["x", "raw"], ["else_y"], name="plus")], "else", [],
    [value("else_y", TensorProto.FLOAT, [2, 3])])
nodes = [
    helper.make_node("If", ["flag"], ["chosen"], name="choice", then_branch=then_branch, else_branch=else_branch),
    helper.make_node("LeakyRelu", ["chosen"], ["y"], name="leaky", alpha=0.1),
    helper.make_node("Transpose", ["y"], ["z"], name="turned", perm=[1, 0]),
]
graph = helper.make_graph(
    nodes, "numbers", [value("x", TensorProto.FLOAT, [2, 3])], [value("z", TensorProto.FLOAT, [3, 2])], numbers)
onnx.save(model(graph), out / "numbers.onnx")

# Nodes that ONNX Runtime fuses and keeps in another order.
weights = np.arange(24, dtype=np.float32).reshape(4, 3, 2) / 8
graph = helper.make_graph(
    [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv", kernel_shape=[2], pads=[1, 0]),
        helper.make_node("Relu", ["c"], ["r"], name="relu"),
        helper.make_node("MatMul", ["r", "m"], ["y"], name="product"),
    ],
    "small", [value("x", TensorProto.FLOAT, [1, 3, 5])], [value("y", TensorProto.FLOAT, [1, 4, 2])],
    [
        numpy_helper.from_array(weights, "w"),
        numpy_helper.from_array(np.array([0.5, -0.5, 1, -1], np.float32), "b"),
        numpy_helper.from_array(np.ones((5, 2), np.float32), "m"),
    ])
onnx.save(model(graph), out / "small.onnx")
subprocess.run(
    [sys.executable, "-m", "onnxruntime.tools.convert_onnx_models_to_ort", out / "small.onnx", "--optimization_style", "Fixed"],
    check=True, stdout=subprocess.DEVNULL)
for leftover in out.glob("*.config"):
    leftover.unlink()
for leftover in out.glob("small.basic*"):
    leftover.unlink()
