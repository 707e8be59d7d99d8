#include "console.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "exit_codes.h"
#include "failure.h"

namespace repolock::shell {

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Failure{kExitUnavailable,
                  std::string("cannot write the output: ") + std::strerror(errno)};
  }
}

void tell_raw(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

void tell(std::string_view text) {
  tell_raw("repolock: " + std::string(text) + "\n");
}

void tell_json(const JsonObject &object) {
  tell_raw(object.str() + "\n");
}

void tell_event(bool json, std::string_view event, std::string_view text) {
  if (!json) return tell(text);
  tell_json(JsonObject().text("event", event).text("message", text));
}

}  // namespace repolock::shell
