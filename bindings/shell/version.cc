// repolock version - of the command, and of the library that it found.

#include <repolock/repolock.h>

#include "console.h"
#include "exit_codes.h"
#include "json.h"
#include "subcommands.h"

namespace repolock::shell {
namespace {

std::string library_version() {
  const uint32_t version = repolock_version();
  const auto part = [version](int shift) { return std::to_string(version >> shift & 0xFF); };
  return part(16) + "." + part(8) + "." + part(0);
}

int version(Common &common, int argc, char **argv) {
  no_words(kVersion, parse(kVersion, common, {}, argc, argv));
  const std::string command = REPOLOCK_VERSION_STRING, library = library_version();
  print(common.json ? JsonObject().text("version", command).text("library", library).str() + "\n"
                    : "repolock " + command + " (librepolock " + library + ")\n");
  return kExitDone;
}

}  // namespace

const Subcommand kVersion = {
    .name = "version",
    .operands = "",
    .summary = "the version of the command and of its library",
    .manual =
        "Prints both: the library may have been replaced by a newer one. Also as --version.\n",
    .examples = "",
    .takes_command = false,
    .run = version,
};

}  // namespace repolock::shell
