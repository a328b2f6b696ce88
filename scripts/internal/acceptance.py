"""acceptance.py FOLDER BUILD_FOLDER JOBS: builds and checks every acceptance program of a folder.

Called by scripts/acceptance after the libraries are built. Programs are built one by one in the eyes of this report:
one that does not compile fails alone.
"""

import hashlib
import pathlib
import subprocess
import sys

import acceptance_contract

PROJECT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = pathlib.Path("actors/cluster/command/troupe")


def cached(build_folder, name):
    for line in (build_folder / "CMakeCache.txt").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        if key.partition(":")[0] == name:
            return value
    return ""


def configure(folder, build_folder, programs_folder):
    build_type = cached(build_folder, "CMAKE_BUILD_TYPE")
    settings = ["CMAKE_CXX_COMPILER", "CMAKE_BUILD_TYPE", "CMAKE_EXE_LINKER_FLAGS", f"CMAKE_CXX_FLAGS_{build_type.upper()}"]
    command = ["cmake", "-G", "Ninja", "-S", str(PROJECT / "cmake/acceptance_programs"), "-B", str(programs_folder)]
    command += [f"-D{name}={cached(build_folder, name)}" for name in settings]
    command += [f"-Dtroupe_DIR={build_folder}", f"-DTROUPE_ACCEPTANCE_DIR={folder}"]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(result.stdout + result.stderr)


def build(programs_folder, jobs, *targets):
    command = ["cmake", "--build", str(programs_folder), "--parallel", jobs]
    if targets:
        command += ["--target", *targets]
    command += ["--", "-k", "0"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def main():
    folder, build_folder, jobs = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
    sources = sorted(folder.glob("*.cpp"))
    passed = failed = 0
    if sources:
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
        programs_folder = build_folder / "acceptance" / f"{folder.name}-{digest}"
        configure(folder, build_folder, programs_folder)
        build(programs_folder, jobs)
    for source in sources:
        built = build(programs_folder, jobs, source.stem)
        if built.returncode != 0:
            failed += 1
            print(f"failed: {source.stem} does not build\n{built.stdout}{built.stderr}")
            continue
        for way, problem in acceptance_contract.check(source, programs_folder / source.stem, build_folder / COMMAND):
            passed, failed = (passed, failed + 1) if problem else (passed + 1, failed)
            print(f"{'failed' if problem else 'passed'}: {source.stem}, {way.name}")
            if problem:
                print(problem)
        sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if passed and not failed else 1)


if __name__ == "__main__":
    main()
