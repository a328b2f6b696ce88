"""What an acceptance program promises in its leading comment, and whether a run of it keeps the promise.

As a command it checks one program that is built already: acceptance_contract.py SOURCE EXECUTABLE TROUPE_COMMAND
"""

import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

TIMEOUT_SECONDS = 120


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to run a program: its name, the arguments it takes, whether it leaves the process."""

    name: str
    arguments: tuple[str, ...]
    leaves_process: bool
    on_cluster: bool = False


WAYS = (
    Way("in this process", (), leaves_process=False),
    Way("with worker processes", ("--workers", "2", "--processes"), leaves_process=True),
    Way("on a cluster", (), leaves_process=True, on_cluster=True),
)


@dataclasses.dataclass(frozen=True)
class Contract:
    lines: list[str] | None  # None: standard output is not compared
    in_process_only: bool

    def ways(self):
        return [way for way in WAYS if not (self.in_process_only and way.leaves_process)]


def read_contract(source):
    lines = None
    in_process_only = False
    for line in pathlib.Path(source).read_text(encoding="utf-8").splitlines():
        if not line.startswith("//"):
            break
        _, found, promised = line.partition("Prints: ")
        if found:
            lines = promised.rstrip().split(" / ")
        if "Runs: in this process" in line:
            in_process_only = True
    return Contract(lines, in_process_only)


def end(process):
    """Asks a server to end; its exit status, None when it had to be killed."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def address_in(file, scheduler):
    for _ in range(TIMEOUT_SECONDS * 50):
        if file.exists() and (text := file.read_text(encoding="utf-8").strip()):
            return text
        if scheduler.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError("the scheduler did not start")


def wait_for_workers(count, address, command):
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        status, output, _ = run(command, ["status", address])
        if status == 0 and f"\n{count} workers," in output:
            return
    raise RuntimeError(f"the cluster did not have {count} workers within {TIMEOUT_SECONDS} s")


@contextlib.contextmanager
def cluster_of(executable, command, problems):
    """A scheduler and two workers, each a process; gives the scheduler's address."""
    servers = []
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "scheduler"
        start = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)]
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        servers.append(("the scheduler", subprocess.Popen([command, *start], **silent)))
        try:
            address = address_in(file, servers[0][1])
            for name in ("worker-0", "worker-1"):
                worker = [executable, "--worker", address, "--name", name, "--host", "127.0.0.1"]
                servers.append((name, subprocess.Popen(worker, **silent)))
            wait_for_workers(len(servers) - 1, address, command)
            yield address
        finally:
            for name, server in reversed(servers):
                if (status := end(server)) != 0:
                    problems.append(f"{name} ended with status {status}")


def run(executable, arguments):
    """Exit status (None when the time ran out), standard output, standard error."""
    process = subprocess.Popen(
        [executable, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        return process.returncode, output, errors
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        return None, output, errors


def complaint(contract, status, output, errors):
    """Empty when the run kept the contract, else what is wrong, for people."""
    problems = []
    if status is None:
        problems.append(f"still running after {TIMEOUT_SECONDS} s")
    elif status < 0:
        problems.append(f"killed by signal {-status}")
    elif status != 0:
        problems.append(f"exit status {status}")
    if contract.lines is not None and output.splitlines() != contract.lines:
        problems.append("expected output:\n" + indented(contract.lines))
        problems.append("actual output:\n" + indented(output.splitlines()))
    if problems and errors.strip():
        problems.append("standard error:\n" + indented(errors.splitlines()))
    return "\n".join(problems)


def indented(lines):
    return "\n".join("    " + line for line in lines)


def check(source, executable, command):
    """Yields (way, complaint) for every way the program can run."""
    contract = read_contract(source)
    for way in contract.ways():
        if way.on_cluster:
            problems = []
            with cluster_of(executable, command, problems) as address:
                result = run(executable, ["--scheduler", address])
            yield way, "\n".join(filter(None, [complaint(contract, *result), *problems]))
        else:
            yield way, complaint(contract, *run(executable, way.arguments))


def main():
    source, executable, command = sys.argv[1:]
    failed = False
    for way, problem in check(source, executable, command):
        print(f"{'failed' if problem else 'passed'}: {pathlib.Path(source).stem}, {way.name}")
        if problem:
            failed = True
            print(problem)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
