"""compare.py PROGRAM OTHER: both print the same, and what they print is something."""

import difflib
import subprocess
import sys


def lines(program):
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()


def main():
    ours, theirs = lines(sys.argv[1]), lines(sys.argv[2])
    difference = list(difflib.unified_diff(ours, theirs, "this compiler", "the other", lineterm="", n=0))
    if difference:
        sys.exit("\n".join(difference))
    if not any(" functions, digest " in line for line in ours):
        sys.exit("no digest was printed")
    print("\n".join(ours))


if __name__ == "__main__":
    main()
