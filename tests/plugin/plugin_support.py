"""What the scripts here share: a folder for plugins, which plugin.path names."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from command_support import CommandTest

SOURCE = Path(os.environ["REPOLOCK_SOURCE_DIR"])
PLUGINS = Path(os.environ["REPOLOCK_PLUGINS"])


class PluginTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.folder = self.directory / "plugins"
        self.folder.mkdir()
        self.option = ("--option", f"plugin.path={self.folder}")

    def have(self, kind, scheme):
        """One of those that were built."""
        return Path(shutil.copy(PLUGINS / kind / f"librepolock_{scheme}.so", self.folder))

    def built(self, *command):
        subprocess.run([str(word) for word in command], check=True)

    def assert_needs_nothing_of_ours(self, file):
        names = subprocess.run(["nm", "-D", str(file)], check=True, capture_output=True,
                               text=True).stdout
        self.assertEqual(re.findall(r" (\w) (\w*repolock\w*)", names),
                         [("T", "repolock_plugin_init")])
