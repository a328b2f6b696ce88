"""Runs a check on many files at once and remembers, by content, for which it was silent."""

import concurrent.futures
import json
import os

import source_tree


class Remembered:
    def __init__(self, name):
        self._file = source_tree.BUILD / f"{name}.json"
        try:
            self._passed = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._passed = {}

    def run(self, paths, context, check):
        """check(path) gives the complaint, empty for none. Returns (complaints by path, how many were really checked)."""
        digests = {path: source_tree.digest(path, *context) for path in paths}
        stale = [path for path in paths if self._passed.get(path) != digests[path]]
        complaints = {}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for path, complaint in zip(stale, pool.map(check, stale)):
                if complaint:
                    complaints[path] = complaint
                else:
                    self._passed[path] = digests[path]
        self._save()
        return complaints, len(stale)

    def _save(self):
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(self._passed), encoding="utf-8")
        fresh.replace(self._file)
