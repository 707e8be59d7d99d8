#!/usr/bin/env python3
"""What docs/plugins.md promises: its first file is built and loaded as it says, the template is short, and
neither needs anything of ours."""

import re
import unittest

from plugin_support import PLUGINS, SOURCE, PluginTest


class Guide(PluginTest):
    def test_its_first_file(self):
        code, = re.findall(r"^```c\n(.*?)^```", (SOURCE / "docs/plugins.md").read_text(), re.M | re.S)
        (self.directory / "mine.c").write_text(code)
        file = self.folder / "librepolock_mine.so"
        self.built("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden",
                   "-shared", "-I", SOURCE / "include", "-o", file, self.directory / "mine.c")
        self.assert_needs_nothing_of_ours(file)
        out, _ = self.check(0, "plugins", *self.option)
        self.assertRegex(out, rf"(?m)^mine +0\.1 .* {re.escape(str(file))}$")
        _, err = self.check(64, "status", "--backend", "mine:", *self.option, "a/b")
        self.assertIn(f"{file}: mine:: not yet", err)

    def test_the_template(self):
        lines = (SOURCE / "bindings/c/backend/template.c").read_text().splitlines()
        self.assertLess(len(lines), 200)
        for kind in ("good", "v1"):
            self.assert_needs_nothing_of_ours(PLUGINS / kind / "librepolock_template.so")


if __name__ == "__main__":
    unittest.main()
