"""Makes the model of ONNX that tests take in as one of others: python make_onnx_fixtures.py (onnx, onnxruntime, numpy).

tests/fixtures/onnx/listener.onnx has the form of silero-vad's files: everything in branches of nested `If`s, which the rate
and the sizes of the inputs decide; names that an inlined model has; weights in `Constant` nodes; an LSTM cell whose gates
slices and joins put into ONNX's order; a state that is carried from step to step. listener.safetensors has three steps of
inputs, and what onnxruntime makes of them one after the other.
"""

import json
import os
import struct

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/fixtures/onnx")
INSIDE = "If_0_then_branch__Inline_0__"
HIDDEN = 2
RANDOM = numpy.random.default_rng(5)


class Branch:
    """A graph of nodes whose names have the branch's prefix."""

    def __init__(self, name, prefix=""):
        self.name, self.prefix, self.nodes = name, prefix, []

    def add(self, operation, inputs, outputs=1, path="", **attributes):
        names = [f"{self.prefix}{path}/{operation}_{self.name}_{len(self.nodes)}_{at}" for at in range(outputs)]
        name = f"{self.prefix}{path}/{operation}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, names, name=name, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, name, values):
        tensor = numpy_helper.from_array(numpy.asarray(values), self.prefix + name)
        self.nodes.append(helper.make_node("Constant", [], [self.prefix + name], name=self.prefix + name, value=tensor))
        return self.prefix + name

    def weight(self, name, *shape):
        return self.constant(name, RANDOM.standard_normal(shape).astype(numpy.float32))

    def integers(self, *values):
        return self.constant(f"{self.name}_c{len(self.nodes)}", numpy.array(values, numpy.int64))

    def number(self, value):
        return self.constant(f"{self.name}_c{len(self.nodes)}", numpy.array(value, numpy.int64))

    def graph(self, *outputs):
        return helper.make_graph(self.nodes, self.name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
                                                             for name in outputs])


def reordered(branch, weight, path):
    """PyTorch's gates i, f, c, o as i, o, f, c."""
    def rows(begin, end):
        inputs = [weight, branch.integers(begin * HIDDEN), branch.integers(end * HIDDEN), branch.integers(0)]
        return branch.add("Slice", inputs, path=path)
    return branch.add("Concat", [rows(0, 1), rows(3, 4), rows(1, 3)], path=path, axis=0)


def cell(branch, x, state):
    path = "/decoder/rnn"
    sizes = {"weight_ih": (4 * HIDDEN, 3), "weight_hh": (4 * HIDDEN, HIDDEN), "bias_ih": (4 * HIDDEN,), "bias_hh": (4 * HIDDEN,)}
    own = [branch.weight("decoder.rnn." + name, *shape) for name, shape in sizes.items()]
    w, r, b_ih, b_hh = (reordered(branch, weight, path) for weight in own)
    bias = branch.add("Concat", [b_ih, b_hh], path=path, axis=0)
    sequence, w, r, bias = (branch.add("Unsqueeze", [each, branch.integers(0)], path=path) for each in (x, w, r, bias))
    h, c = (branch.add("Unsqueeze", [branch.add("Gather", [state, branch.number(at)], path=path, axis=0),
                                     branch.integers(0)], path=path) for at in (0, 1))
    _, h, c = branch.add("LSTM", [sequence, w, r, bias, "", h, c], 3, path=path, hidden_size=HIDDEN)
    return h, c


def inner_branches(x, state):
    usual, other = Branch("usual", INSIDE), Branch("other", INSIDE)
    of_usual = usual.graph(*cell(usual, x, state))
    halves = [other.add("Gather", [state, other.integers(at)], path="/decoder/skip", axis=0) for at in (0, 1)]
    return of_usual, other.graph(*halves)


def listening():
    """The branch for the usual rate."""
    branch = Branch("then_branch", INSIDE)
    x = branch.add("Unsqueeze", ["input", branch.integers(1)], path="/encoder")
    weights = [branch.weight("encoder.conv.weight", 3, 1, 2), branch.weight("encoder.conv.bias", 3)]
    x = branch.add("Conv", [x, *weights], path="/encoder/conv", strides=[2])
    x = branch.add("ReduceMean", [branch.add("Relu", [x], path="/encoder")], path="/encoder", axes=[2], keepdims=0)
    samples = branch.add("Gather", [branch.add("Shape", ["input"]), branch.number(1)], axis=0)
    usual, other = inner_branches(x, "state")
    fits = branch.add("Equal", [samples, branch.number(8)])
    h, c = branch.add("If", [fits], 2, path="/decoder", then_branch=usual, else_branch=other)
    state = branch.add("Concat", [h, c], path="/decoder", axis=0)
    row = branch.add("Squeeze", [h, branch.integers(0)], path="/head")
    scores = branch.add("MatMul", [row, branch.weight("head.weight", HIDDEN, 1)], path="/head")
    return branch.graph(branch.add("Sigmoid", [scores], path="/head"), state)


def silent():
    branch = Branch("else_branch")
    mean = branch.add("ReduceMean", ["input"], axes=[1], keepdims=1)
    return branch.graph(mean, branch.add("Identity", ["state"]))


def model():
    rate = helper.make_node("Constant", [], ["rate"], value=numpy_helper.from_array(numpy.array(16, numpy.int64)))
    usual = helper.make_node("Equal", ["sr", "rate"], ["usual"])
    branch = helper.make_node("If", ["usual"], ["output", "stateN"], name="If_0", then_branch=listening(), else_branch=silent())
    sizes = {"input": ["batch", "samples"], "state": [2, "batch", HIDDEN]}
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in sizes.items()]
    inputs.append(helper.make_tensor_value_info("sr", TensorProto.INT64, []))
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * rank) for name, rank in
               (("output", 2), ("stateN", 3))]
    graph = helper.make_graph([rate, usual, branch], "listener", inputs, outputs)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8, producer_name="orrery")


def steps(path):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    state = numpy.zeros((2, 3, HIDDEN), numpy.float32)
    kept = {"input": RANDOM.standard_normal((3, 3, 8)).astype(numpy.float32), "state": state}
    for step, chunk in enumerate(kept["input"], 1):
        given = {"input": chunk, "state": state, "sr": numpy.array(16, numpy.int64)}
        kept[f"output.{step}"], state = session.run(None, given)
        kept[f"stateN.{step}"] = state
    return kept


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    words = json.dumps(header).encode()
    words += b" " * (-len(words) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(words)) + words)
        for tensor in tensors.values():
            file.write(numpy.ascontiguousarray(tensor).tobytes())


def main():
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, "listener.onnx")
    made = model()
    onnx.checker.check_model(made, full_check=True)
    onnx.save(made, path)
    write_safetensors(os.path.join(FOLDER, "listener.safetensors"), steps(path))


if __name__ == "__main__":
    main()
