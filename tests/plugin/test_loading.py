#!/usr/bin/env python3
"""What becomes of plugin.path: the plugin is loaded, or a sentence says which file is wrong, in what,
and what would be right."""

import json
import shutil
import unittest

from plugin_support import PLUGINS, PluginTest

NO_PLUGIN, UNSUPPORTED, INVALID = 70, 64, 64
MACHINE, AARCH64, X86_64 = 18, 183, 62  # of an ELF header: where its e_machine is, and two of them


class Loading(PluginTest):
    def says(self, code, url, *parts, path=None):
        """Opening url ends with code, and a sentence that has parts in it."""
        _, err = self.check(code, "status", "--backend", url, "--option",
                            f"plugin.path={path or self.folder}", "a/b")
        for part in map(str, parts):
            self.assertIn(part, err)

    def listed(self, code=0, path=None):
        out, _ = self.check(code, "plugins", "--json", "--option",
                            f"plugin.path={path or self.folder}")
        return [each for each in map(json.loads, out.splitlines()) if each["file"]]


class Good(Loading):
    def test_a_folder_and_a_file(self):
        file = self.have("good", "template")
        for path in (self.folder, file):
            _, err = self.check(0, "run", "-v", "--backend", "template:", "--option",
                                f"plugin.path={path}", "a/b", "true")
            self.assertIn("obtained", err)
            self.assertEqual(self.listed(path=path), [{
                "schemes": ["template"], "version": "1.0", "abi": 1, "exclusion": "timed",
                "fence": "strict", "can": ["inspect", "break"], "file": str(file), "status": "OK",
                "message": None}])

    def test_the_order_of_the_options_does_not_matter(self):
        self.have("good", "template")
        self.check(1, "--option", f"plugin.path={self.folder}", "status", "a/b", "--backend",
                   "template:")

    def test_what_only_speaks_an_older_abi_is_asked_for_it(self):
        self.have("good", "lower")
        self.assertEqual(self.listed()[0]["abi"], 1)

    def test_one_plugin_opens_a_family_of_schemes(self):
        self.have("rude", "rude")
        self.check(1, "status", "--backend", "rude+hurl:", "--option",
                   f"plugin.path={self.folder}", "a/b")
        self.says(UNSUPPORTED, "rude+x:", "librepolock_rude.so opens \"rude rude+hurl\"", "rude+x:")

    def test_options_go_to_it_verbatim_and_it_refuses_them(self):
        file = self.have("good", "template")
        args = ("status", "--backend", "template:", "--option", f"plugin.path={self.folder}", "a/b")
        _, err = self.check(INVALID, *args, "--option", "template.pool=3")
        self.assertIn(f'{file}: "template.pool" is not known', err)
        self.says(INVALID, "template:x", file, '"template:x" is not known: write template:')
        _, err = self.check(INVALID, *args, "--option", "tremplate.pool=3")
        self.assertIn('there is no option "tremplate.pool"', err)

    def test_a_built_in_backend_is_not_replaced(self):
        self.have("good", "template").rename(self.folder / "librepolock_memory.so")
        self.check(0, "run", "--backend", "memory:", "--option", f"plugin.path={self.folder}",
                   "a/b", "true")

    def test_off_until_configured(self):
        self.have("good", "template")
        _, err = self.check(UNSUPPORTED, "status", "--backend", "template:", "a/b", cwd=self.folder,
                            env={"LD_LIBRARY_PATH": str(self.folder)})
        self.assertIn("plugin.path", err)
        _, err = self.check(INVALID, "--option", "plugin.path=librepolock_template.so", "ls",
                            cwd=self.folder)
        self.assertIn("is not absolute", err)


class Bad(Loading):
    def test_each_is_told_by_its_own_sentence(self):
        for scheme, *parts in (
                ("short", "bytes, and ABI 1 needs", "build it against plugin.h"),
                ("slotless", "required slots submit, close"),
                ("future", "answered with plugin ABI 7 when it was asked for 1", "ABI 1 to 1"),
                ("newer", "speaks none of the plugin ABIs 1 to 1", "a librepolock as new as it"),
                ("unbound", "cannot be loaded: undefined symbol: nobody_has_this"),
                ("entryless", "is no plugin", "no function repolock_plugin_init"),
                ("hurl", "threw an exception out of repolock_plugin_init")):
            with self.subTest(scheme):
                file = self.have("broken", scheme)
                self.says(NO_PLUGIN, f"{scheme}:", file, *parts)
                self.says(NO_PLUGIN, f"{scheme}:", file, *parts, path=file)
                row, = self.listed(1)
                self.assertEqual((row["status"], row["file"], row["schemes"]),
                                 ("E_PLUGIN", str(file), []))
                for part in parts:
                    self.assertIn(part, row["message"])
                file.unlink()

    def test_built_for_another_machine(self):
        file = self.have("good", "template")
        code = bytearray(file.read_bytes())
        other = X86_64 if code[MACHINE] == AARCH64 else AARCH64
        code[MACHINE] = other
        file.write_bytes(code)
        self.says(NO_PLUGIN, "template:", file, "is built for",
                  "aarch64" if other == AARCH64 else "x86-64", "and this program for",
                  "install the one for this machine")
        code[MACHINE - 14] = 1  # 32 bits
        file.write_bytes(code)
        self.says(NO_PLUGIN, "template:", file, "32 bits, and this program for")

    def test_no_library_at_all(self):
        file = self.folder / "librepolock_template.so"
        for content in (b"", b"\x7fELF", b"#!/bin/sh\nexit 1\n" * 10):
            file.write_bytes(content)
            self.says(NO_PLUGIN, "template:", file, "is no shared library")
        shutil.copy(PLUGINS / "good" / file.name, file)
        for size in (4096, 1000, 60):
            with file.open("r+b") as code:
                code.truncate(size)
            self.says(NO_PLUGIN, "template:", file, "is cut off; install it again")
        file.unlink()
        file.symlink_to(self.folder)
        self.says(NO_PLUGIN, "template:", file)

    def test_nothing_there(self):
        self.says(UNSUPPORTED, "template:", self.folder / "librepolock_template.so",
                  "install its plugin there")
        none = self.directory / "none"
        self.says(NO_PLUGIN, "template:", none, "No such file", path=none)
        self.assertEqual(self.listed(), [])
        self.have("good", "template")
        file = self.have("good", "lower")
        self.says(UNSUPPORTED, "template:", file, 'opens "lower"', path=file)


class OpenToAll(Loading):
    """Who may write there would run in our process."""

    def setUp(self):
        super().setUp()
        self.file = self.have("good", "template")

    def refused(self, where, path=None):
        self.says(NO_PLUGIN, "template:", f"{where} may be changed by everybody", "chmod o-w",
                  path=path)

    def test_the_file(self):
        self.file.chmod(0o777)
        self.refused(self.file)

    def test_its_folder_even_if_it_is_sticky(self):
        for mode in (0o777, 0o1777):
            self.folder.chmod(mode)
            self.refused(self.folder)
            self.refused(self.folder, self.file)

    def test_a_folder_above(self):
        self.directory.chmod(0o777)
        self.refused(self.directory)
        self.directory.chmod(0o1777)
        self.says(1, "template:")

    def test_a_link_from_there_and_to_there(self):
        public = self.directory / "public"
        public.mkdir()
        public.chmod(0o777)
        (public / "librepolock_template.so").symlink_to(self.file)
        self.refused(public, public)
        shutil.copy(self.file, public / "real.so")
        self.file.unlink()
        self.file.symlink_to(public / "real.so")
        self.refused(public)


if __name__ == "__main__":
    unittest.main()
