"""clang-tidy on the files that changed, or on all. A header is judged in a file that includes nothing else."""

import functools
import hashlib
import json
import pathlib
import re
import shlex
import subprocess

from remembered import Remembered
from source_tree import BUILD, PROJECT, changed_files, compile_flags, files, include_spelling, text

TOOL = "clang-tidy-19"
DIAGNOSTIC = re.compile(r"^(?=\S+:\d+:\d+: (?:warning|error): )", re.MULTILINE)
CONFIGURATIONS = (".clang-tidy", "bench/.clang-tidy", "tests/.clang-tidy")
SKIPPED = ("tests/compile/", "tests/acceptance/")  # these must not compile, those are kept as they were given


@functools.cache
def own_definitions():
    """What the build defines for single files, by path."""
    entries = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    return {entry["file"]: [a for a in shlex.split(entry["command"]) if a.startswith("-D")] for entry in entries}


def tidy(path):
    flags = [*compile_flags(), *own_definitions().get(str(PROJECT / path), [])]
    if path.endswith(".hpp"):
        stub = BUILD / "tidy" / (hashlib.sha256(path.encode()).hexdigest()[:16] + ".cpp")
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(f"#include {include_spelling(path)}\n", encoding="utf-8")
        arguments = [f"--header-filter=(^|/){re.escape(path)}$", str(stub)]
    else:
        arguments = [str(PROJECT / path)]
    command = [TOOL, "--quiet", "--warnings-as-errors=*", *arguments, "--", *flags]
    result = subprocess.run(command, cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode == 0:
        return ""
    found = re.split(DIAGNOSTIC, result.stdout)[1:]
    kept = "".join(diagnostic for diagnostic in found if not is_named_object(diagnostic))
    return kept if found else result.stdout + result.stderr


def is_named_object(diagnostic):
    """A coroutine may take T& to an object that has a name and outlives it; const& and && also bind to temporaries.
    An actor's handler may take any: its message lives as long as it."""
    place = re.match(r"(.+?):(\d+):(\d+): .*\[cppcoreguidelines-avoid-reference-coroutine-parameters", diagnostic)
    if not place:
        return False
    lines = pathlib.Path(place[1]).read_text(encoding="utf-8").splitlines()
    if "::on(" in lines[int(place[2]) - 1]:
        return True
    rest = "\n".join(lines[int(place[2]) - 1 :])[int(place[3]) - 1 :]
    parameter = re.match(r"(?:[^(),<>]|<[^()]*?>(?=[ &\w]))*", rest)[0]
    return "const" not in parameter and "&&" not in parameter


def run(options):
    candidates = [path for path in files(".cpp", ".hpp") if not path.startswith(SKIPPED)]
    changed = None if options.all else changed_files()
    if changed is not None:
        candidates = [path for path in candidates if path in changed]
    version = subprocess.run([TOOL, "--version"], capture_output=True, text=True, check=True).stdout
    context = [version, *map(text, CONFIGURATIONS), *compile_flags()]
    complaints, examined = Remembered("tidy").run(candidates, context, tidy)
    return list(complaints.values()), f"{len(candidates)} files, {examined} examined"
