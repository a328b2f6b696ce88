"""The project's source files and the includes between them."""

import functools
import hashlib
import pathlib
import re
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build/check"
ROOMS = ("futures", "net", "actors", "collections")  # each may include those before it
FORWARDERS = {"troupe.hpp": "collections/troupe.hpp", "asio.hpp": "net/asio.hpp"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def git(*arguments):
    result = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, text=True)
    return result.stdout.splitlines() if result.returncode == 0 else []


@functools.cache
def files(*suffixes):
    """Paths relative to the project, tracked or new, never ignored ones."""
    listed = git("ls-files", "--cached", "--others", "--exclude-standard")
    return sorted({path for path in listed if path.endswith(suffixes) and (PROJECT / path).is_file()})


def room_of(path):
    first = path.split("/", 1)[0]
    return first if first in ROOMS else None


def is_private(path):
    return "/internal/" in path


@functools.cache
def text(path):
    return (PROJECT / path).read_text(encoding="utf-8")


@functools.cache
def includes(path):
    """(spelling, file) of each include; file is None for what lies outside the project."""
    found = []
    for bracket, name in INCLUDE.findall(text(path)):
        target = None
        if name.startswith("troupe/"):
            inner = name.removeprefix("troupe/")
            target = FORWARDERS.get(inner, inner)
        elif bracket == '"':
            beside = (PROJECT / path).parent / name
            if beside.is_file():
                target = str(beside.resolve().relative_to(PROJECT))
        if target is not None and not (PROJECT / target).is_file():
            target = None
        found.append((name, target))
    return found


@functools.cache
def reached(path):
    """Every project file that a file includes, directly or not, and itself."""
    seen, waiting = {path}, [path]
    while waiting:
        for _, target in includes(waiting.pop()):
            if target is not None and target not in seen:
                seen.add(target)
                waiting.append(target)
    return frozenset(seen)


def digest(path, *context):
    """Changes whenever the file, anything it includes from the project or the context changes."""
    state = hashlib.sha256("\0".join(context).encode())
    for member in sorted(reached(path)):
        state.update(member.encode() + b"\0" + text(member).encode() + b"\0")
    return state.hexdigest()


def changed_files():
    """Files that differ from where this branch left the main line, else from the commit before; None: unknown, so all."""
    head = git("rev-parse", "HEAD")
    bases = [git("merge-base", "HEAD", upstream) for upstream in ("origin/HEAD", "origin/main")]
    base = next((found for found in bases if found and found != head), None) or git("rev-parse", "--verify", "HEAD~1")
    if not base:
        return None
    changed = git("diff", "--name-only", base[0]) + git("ls-files", "--others", "--exclude-standard")
    return set(changed)


def compile_flags():
    return [
        "-std=c++20",
        f"-I{BUILD}/include",
        f"-isystem{PROJECT}/.deps/usr/include",
        "-DMSGPACK_NO_BOOST",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Wshadow",
    ]


def include_spelling(header):
    """How a file includes a header of the project."""
    return f"<troupe/{header}>" if room_of(header) else f'"{PROJECT / header}"'
