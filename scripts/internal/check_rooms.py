"""Who includes whom: futures <- net <- actors <- collections, and heavy libraries stay where they belong."""

import re

from source_tree import INCLUDE, ROOMS, files, includes, is_private, reached, room_of, text

HEAVY = re.compile(r"(boost/(asio|beast)|caf|msgpack)([/.]|$)")
BRIDGE = ("net/asio.hpp", "net/asio/")  # <troupe/asio.hpp> and its parts: the public headers that include Asio


def heavy(path):
    return sorted({name for name, _ in includes(path) if HEAVY.match(name)})


def direction(path):
    room = room_of(path)
    for name, target in includes(path):
        other = room_of(target) if target else None
        if other and ROOMS.index(other) > ROOMS.index(room):
            yield f"{path}: the room {room} must not include {name}"
        if other and other != room and is_private(target):
            yield f"{path}: {name} is private to the room {other}"
        if name.startswith("troupe/") and target is None:
            yield f"{path}: {name} does not exist"


def spelling(path):
    for bracket, name in INCLUDE.findall(text(path)):
        if bracket == '"':
            yield f'{path}: write <troupe/…> instead of "{name}"'


def weight(path):
    if room_of(path) == "futures" and heavy(path):
        yield f"{path}: nothing in futures/ includes {', '.join(heavy(path))}"
    if any(name.startswith("caf/") for name in heavy(path)) and not path.startswith("actors/runtime/"):
        yield f"{path}: CAF stays behind actors/runtime/"
    if not path.endswith(".hpp") or is_private(path) or path.startswith(BRIDGE):
        return
    for member in sorted(reached(path)):
        if is_private(member):
            yield f"{path}: a public header reaches {member}, which is not installed"
        elif member.startswith(BRIDGE):
            yield f"{path}: a public header reaches the bridge to Asio through {member}"
        elif heavy(member):
            yield f"{path}: a public header reaches {', '.join(heavy(member))} through {member}"


def run(_):
    complaints = []
    for path in files(".hpp", ".cpp"):
        if room_of(path):
            for rule in (direction, spelling, weight):
                complaints += rule(path)
    return complaints, f"{len(files('.hpp', '.cpp'))} files"
