#!/usr/bin/env python3
"""The man pages are sound, and stand with the completions where shells and man look for them."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["REPOLOCK_SOURCE_DIR"])
PAGES = [*SOURCE.glob("bindings/shell/man/*.scd"), *SOURCE.glob("docs/*.scd")]
# As scdoc writes every page.
HARMLESS = re.compile("WARNING: skipping paragraph macro: PP (empty|after SH)")


class Manual(unittest.TestCase):
    def setUp(self):
        self._directory = tempfile.TemporaryDirectory()
        self.addCleanup(self._directory.cleanup)
        self.directory = Path(self._directory.name)

    def built(self, source):
        page = self.directory / source.stem
        with open(source) as text, open(page, "w") as out:
            subprocess.run(["scdoc"], stdin=text, stdout=out, check=True)
        return page

    def test_mandoc_finds_nothing(self):
        self.assertEqual({page.stem for page in PAGES},
                         {"repolock.1", "repolock-run.1", "librepolock.3"})
        for source in PAGES:
            found = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", self.built(source)],
                                   text=True, stdout=subprocess.PIPE, check=False).stdout
            self.assertEqual([line for line in found.splitlines() if not HARMLESS.search(line)], [])

    def test_they_are_installed_with_the_completions(self):
        subprocess.run(["cmake", "--install", os.environ["REPOLOCK_BUILD_DIR"], "--prefix", "/usr"],
                       env={**os.environ, "DESTDIR": str(self.directory)}, check=True,
                       stdout=subprocess.DEVNULL)
        share = self.directory / "usr/share"
        for path in ("man/man1/repolock.1", "man/man1/repolock-run.1", "man/man3/librepolock.3",
                     "bash-completion/completions/repolock", "zsh/site-functions/_repolock",
                     "fish/vendor_completions.d/repolock.fish"):
            self.assertTrue((share / path).stat().st_size, path)


if __name__ == "__main__":
    for tool in ("scdoc", "mandoc"):
        if not shutil.which(tool):
            print(f"SKIP command_manual: there is no {tool}")
            sys.exit(77)
    unittest.main()
