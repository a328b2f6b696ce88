"""Every header compiles alone, without a warning."""

import subprocess

from remembered import Remembered
from source_tree import compile_flags, files, include_spelling

COMPILER = "clang++-19"


def compiles_alone(header):
    command = [COMPILER, *compile_flags(), "-Werror", "-fsyntax-only", "-x", "c++", "-"]
    result = subprocess.run(command, input=f"#include {include_spelling(header)}\n", capture_output=True, text=True)
    return result.stderr if result.returncode != 0 else ""


def run(_):
    headers = files(".hpp")
    version = subprocess.run([COMPILER, "--version"], capture_output=True, text=True, check=True).stdout
    complaints, compiled = Remembered("headers").run(headers, [version, *compile_flags()], compiles_alone)
    found = [f"{header} does not compile alone:\n{complaint}" for header, complaint in complaints.items()]
    return found, f"{len(headers)} headers, {compiled} compiled"
