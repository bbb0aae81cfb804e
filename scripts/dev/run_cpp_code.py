"""Builds code that `orrery export --to cpp` wrote, and runs it:
python run_cpp_code.py FOLDER WEIGHTS.safetensors 2x3x64x64 [tokens].

Builds the folder with CMake in FOLDER/build, against the LibTorch of Python's torch or the one that ORRERY_LIBTORCH
names. A single CODE.cpp is compiled beside it with g++ (or CXX). Prints numbers of what the program gives for
torch.randn of these sizes (with `tokens`: for torch.randint(0, 100)), drawn with seed 7: 16 of them, evenly spaced.
"""

import os
import pathlib
import subprocess
import sys

import torch


def libtorch():
    return pathlib.Path(os.environ.get("ORRERY_LIBTORCH") or pathlib.Path(torch.__file__).parent)


def build_folder(folder):
    """The program that the folder's CMakeLists.txt makes, named as its code."""
    made = folder / "build"
    configure = ["cmake", "-S", str(folder), "-B", str(made), f"-DCMAKE_PREFIX_PATH={libtorch()}"]
    for command in configure, ["cmake", "--build", str(made)]:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (code,) = folder.glob("*.cpp")
    return made / code.stem


def build_file(code):
    """The compiled program; an older one is kept while it is newer than its code."""
    program = code.with_suffix("")
    if program.exists() and program.stat().st_mtime > code.stat().st_mtime:
        return program
    include, lib = libtorch() / "include", libtorch() / "lib"
    folders = [include, include / "torch/csrc/api/include"]
    abi = int(torch.compiled_with_cxx11_abi())
    command = [os.environ.get("CXX", "g++"), "-std=c++17", "-O1", f"-D_GLIBCXX_USE_CXX11_ABI={abi}"]
    command += [f"-isystem{folder}" for folder in folders] + [str(code), "-o", str(program)]
    command += [f"-L{lib}", f"-Wl,-rpath,{lib}", "-Wl,--no-as-needed", "-ltorch_cpu", "-lc10"]
    command += ["-Wl,--allow-shlib-undefined"]
    subprocess.run(command, check=True)
    return program


def main(code, weights, sizes, kind=""):
    path = pathlib.Path(code)
    program = build_folder(path) if path.is_dir() else build_file(path)
    shape = [int(size) for size in sizes.split("x")]
    torch.manual_seed(7)
    given = torch.randint(0, 100, shape) if kind == "tokens" else torch.randn(shape)
    folder = program.absolute().parent
    torch.save(given, folder / "given.pt")
    run = [str(program.absolute()), weights, str(folder / "result.pt"), str(folder / "given.pt")]
    subprocess.run(run, check=True)
    flat = torch.load(folder / "result.pt", weights_only=True).flatten()
    last = flat.numel() - 1
    print(*(repr(flat[(2 * i * last + 15) // 30].item()) for i in range(16)))


if __name__ == "__main__":
    main(*sys.argv[1:])
