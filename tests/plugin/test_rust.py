#!/usr/bin/env python3
"""A plugin in Rust, which knows of us what plugin.h says and no more: it is listed, it locks, it renews."""

import json
import shutil
import sys
import unittest

from plugin_support import SOURCE, PluginTest

RUSTC = shutil.which("rustc")


class Rust(PluginTest):
    def test_it_locks(self):
        file = self.folder / "librepolock_ferrous.so"
        self.built(RUSTC, "--edition=2021", "--crate-type=cdylib", "-Cpanic=abort",
                   "-o", file, SOURCE / "tests/plugin/rust/ferrous.rs")
        self.assert_needs_nothing_of_ours(file)
        row = json.loads(self.check(0, "plugins", "--json", *self.option)[0].splitlines()[-1])
        self.assertEqual((row["schemes"], row["version"], row["abi"], row["can"]),
                         (["ferrous"], "0.3", 1, ["inspect"]))
        ferrous = ("--backend", "ferrous:", *self.option)
        out, _ = self.check(0, "run", "-v", *ferrous, "a/b", "printenv", "REPOLOCK_TOKEN")
        self.assertEqual(out, "1\n")
        self.check(1, "status", *ferrous, "a/b")
        # Renewed twice, while the command runs.
        self.check(0, "run", *ferrous, "--ttl", "1.5", "a/b", "sleep", "2")
        self.check(123, "run", *ferrous, "--max-hold", "0.1", "a/b", "sleep", "1000")
        _, err = self.check(64, "ls", *ferrous, "--option", "ferrous.x=1")
        self.assertIn(f"{file}: ferrous: has no options", err)


if __name__ == "__main__":
    if RUSTC is None:
        print("SKIP there is no rustc")
        sys.exit(77)
    unittest.main()
