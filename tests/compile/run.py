"""Compiles one program that must not compile and reads what the compiler says.

run.py CASE.cpp COMPILER FLAG…

The leading comment of a case holds
    // expect: REGEX            the text of the one and only `error:` matches this
    // compilers: gcc, clang    (optional) where the case applies; elsewhere it is skipped
    // flags: FLAG…             (optional) more compiler flags
and one line of it ends in `// HERE`: the diagnostics must name this file and that line.
"""

import pathlib
import re
import subprocess
import sys

SKIPPED = 77  # CMake is told that this exit status means "skipped"


def read_case(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    settings = {}
    for line in lines:
        if not line.startswith("//"):
            break
        match = re.match(r"// (expect|compilers|flags): (.*\S)", line)
        if match:
            settings[match[1]] = match[2]
    marked = [number for number, line in enumerate(lines, 1) if line.rstrip().endswith("// HERE")]
    if "expect" not in settings or len(marked) != 1:
        sys.exit(f"{path}: a case needs one `// expect: REGEX` in its leading comment and one line marked `// HERE`")
    return settings, marked[0]


def problems(path, settings, marked, output):
    errors = re.findall(r"(?:fatal )?error: (.*)", output)
    if len(errors) != 1:
        yield f"expected exactly one error, there are {len(errors)}"
    elif not re.search(settings["expect"], errors[0]):
        yield f"the error does not match /{settings['expect']}/"
    if not re.search(rf"{re.escape(path.name)}:{marked}[:,]", output):
        yield f"nothing in the diagnostics names {path.name}:{marked}"


def main():
    path, compiler, *flags = sys.argv[1:]
    path = pathlib.Path(path)
    settings, marked = read_case(path)
    family = "clang" if "clang" in pathlib.Path(compiler).name else "gcc"
    if family not in settings.get("compilers", "gcc, clang"):
        print(f"not for {family}")
        sys.exit(SKIPPED)
    unlimited = ["-ferror-limit=0"] if family == "clang" else ["-fmax-errors=0"]
    command = [compiler, "-std=c++20", "-fsyntax-only", *unlimited, *flags, *settings.get("flags", "").split(), str(path)]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    found = list(problems(path, settings, marked, result.stderr))
    if result.returncode == 0:
        found.insert(0, "it compiles")
    if found:
        sys.exit("\n".join(found) + "\n\n" + " ".join(command) + "\n" + result.stderr)


if __name__ == "__main__":
    main()
