#include "console.h"

#include <unistd.h>

#include <cerrno>
#include <string>

namespace repolock::shell {

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
