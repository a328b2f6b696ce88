"""Every source on disk is listed in a CMakeLists.txt, and every test executable is run by ctest."""

import json
import subprocess

from source_tree import BUILD, PROJECT, files, room_of

# Found by their own harness, not listed.
FOUND = ("tests/acceptance/", "tests/compile/", "tests/consumer/", "bench/compiled/")


def listed_sources():
    commands = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    prefix = str(PROJECT) + "/"
    return {entry["file"].removeprefix(prefix): entry.get("output", "") for entry in commands}


def registered_tests():
    command = ["ctest", "--test-dir", str(BUILD), "--show-only=json-v1"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(result.stdout)["tests"]


def built_on_disk(path):
    places = ("tests/", "examples/", "bench/")
    return (room_of(path) or path.startswith(places)) and not path.startswith(FOUND)


def run(_):
    listed = listed_sources()
    on_disk = [path for path in files(".cpp") if built_on_disk(path)]
    complaints = [f"{path}: on disk, but in no CMakeLists.txt" for path in on_disk if path not in listed]

    commands = {test["command"][0].rpartition("/")[2] for test in registered_tests() if "command" in test}
    names = {test["name"] for test in registered_tests()}
    for path in on_disk:
        output = listed.get(path, "")
        executable = next((part.removesuffix(".dir") for part in output.split("/") if part.startswith("test_")), None)
        if executable and executable not in commands and executable.removeprefix("test_") not in names:
            complaints.append(f"{path}: {executable} is built, but ctest does not run it")
    for path in files(".cpp"):
        if path.startswith("tests/compile/"):
            name = "compile." + path.removeprefix("tests/compile/").removesuffix(".cpp")
            if name not in names:
                complaints.append(f"{path}: ctest does not run it")
    return complaints, f"{len(on_disk)} sources, {len(names)} tests"
