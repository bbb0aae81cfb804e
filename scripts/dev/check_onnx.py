"""Compares exported ONNX models with onnxruntime: each rule of the export, and models of the zoo.

    check_onnx.py [--orrery build/orrery] [--opset 18 …] [--zoo] [--only NAME] [--keep FOLDER]

Needs onnx and onnxruntime from PyPI. scripts/dev/onnx_cases.lua makes the models, and what Orrery computes; here
onnx.checker looks at each, and onnxruntime computes the same within 1e-4 of the largest value.
"""

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

DTYPES = {"F32": numpy.float32, "F64": numpy.float64, "F16": numpy.float16, "I64": numpy.int64, "I32": numpy.int32,
          "U8": numpy.uint8, "BOOL": numpy.bool_}
CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "onnx_cases.lua")


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = numpy.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
            tensors[name] = values.reshape(entry["shape"])
    return tensors


def difference(wanted, got):
    if wanted.shape != got.shape or wanted.dtype != got.dtype:
        return f"{got.dtype} {got.shape} in place of {wanted.dtype} {wanted.shape}"
    if wanted.size == 0:
        return None
    wanted, got = wanted.astype(numpy.float64), got.astype(numpy.float64)
    largest = max(1.0, float(numpy.max(numpy.abs(wanted[numpy.isfinite(wanted)]), initial=0)))
    if not numpy.allclose(got, wanted, rtol=1e-4, atol=1e-4 * largest, equal_nan=True):
        return f"differs by {numpy.nanmax(numpy.abs(got - wanted)):.3g}, where the largest value is {largest:.3g}"
    return None


def check(folder, name):
    path = os.path.join(folder, name + ".onnx")
    onnx.checker.check_model(path, full_check=True)
    kept = read_safetensors(os.path.join(folder, name + ".safetensors"))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feeds = {each.name: kept["in." + each.name] for each in session.get_inputs()}
    faults = []
    for at, got in enumerate(session.run(None, feeds), 1):
        wanted = kept[f"out.{at}"]
        # A number stands for its batch where results of batches are put together.
        fault = difference(wanted, got.reshape(wanted.shape) if got.ndim == 0 else got)
        if fault:
            faults.append(f"output {at} {fault}")
    return faults


def check_folder(folder):
    failed = 0
    names = sorted(each[:-5] for each in os.listdir(folder) if each.endswith(".onnx"))
    for name in names:
        try:
            faults = check(folder, name)
        except Exception as error:  # whatever a runtime does not take is what is looked for
            faults = [str(error).strip().splitlines()[0]]
        for fault in faults:
            print(f"{name}: {fault}")
        failed += bool(faults)
    print(f"{len(names) - failed} of {len(names)} models agree")
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--orrery", default="build/orrery")
    parser.add_argument("--opset", type=int, nargs="*", default=[18])
    parser.add_argument("--zoo", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep")
    given = parser.parse_args()
    onnxruntime.set_default_logger_severity(3)
    failed = 0
    for opset in given.opset:
        with tempfile.TemporaryDirectory() as temporary:
            folder = os.path.join(given.keep, str(opset)) if given.keep else temporary
            os.makedirs(folder, exist_ok=True)
            config = [f"folder={folder}", f"opset={opset}", f"only={given.only}", f"zoo={str(given.zoo).lower()}"]
            print(f"operator set {opset}", flush=True)
            failed += subprocess.run([given.orrery, "run", CASES, *config, "-q"], check=False).returncode != 0
            failed += check_folder(folder)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
