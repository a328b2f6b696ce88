"""The programs and outputs that the documents show are those of the examples.

documents_test.py PROJECT EXAMPLES: in a document, the comment above a block of code says what it is:
    <!-- whole of examples/readme.cpp -->   the block is that file
    <!-- from examples/actors.cpp -->       each of its pieces (between lines `// …`) is a passage of it
    <!-- output of readme -->               the block is the program's standard output
EXAMPLES is the folder of the built programs.
"""

import pathlib
import re
import subprocess
import sys
import textwrap

PROJECT, EXAMPLES = map(pathlib.Path, sys.argv[1:])
BLOCK = re.compile(r"<!-- (whole of|from|output of) (\S+) -->\n```\w*\n(.*?)```\n", re.DOTALL)


def output_of(name):
    program = [str(EXAMPLES / name)]
    return subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100).stdout


def lines(text):
    return [line.rstrip() for line in textwrap.dedent(text).strip("\n").splitlines()]


def holds(source, piece):
    """Whether the piece is a run of the source's lines, at whatever depth."""
    wanted = lines(piece)
    for start in range(len(source) - len(wanted) + 1):
        if lines("\n".join(source[start : start + len(wanted)])) == wanted:
            return True
    return False


def complaints(document):
    text = document.read_text(encoding="utf-8")
    for kind, name, block in BLOCK.findall(text):
        if kind == "output of":
            if (output := output_of(name)) != block:
                yield f"output of {name}: says\n{block}but it is\n{output}"
            continue
        source = (PROJECT / name).read_text(encoding="utf-8")
        if kind == "whole of" and block != source:
            yield f"the block is not {name}"
        elif kind == "from":
            for piece in re.split(r"^ *// …\n", block, flags=re.MULTILINE):
                if not holds(source.splitlines(), piece):
                    yield f"not in {name}:\n{piece}"
    shown = len(BLOCK.findall(text))
    if unnamed := len(re.findall(r"^```cpp$", text, re.MULTILINE)) - len(re.findall(r" -->\n```cpp\n", text)):
        yield f"{unnamed} of its programs come from no file"
    print(f"{document.relative_to(PROJECT)}: {shown} blocks compared")


def main():
    documents = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
    found = [f"{document.name}: {what}" for document in documents for what in complaints(document)]
    sys.exit("\n".join(found) or 0)


if __name__ == "__main__":
    main()
