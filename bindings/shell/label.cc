#include "label.h"

#include <pwd.h>
#include <unistd.h>

#include "text.h"

namespace repolock::shell {
namespace {

constexpr size_t kLongestLabel = 120;

std::string user() {
  const passwd *entry = getpwuid(geteuid());
  return entry ? entry->pw_name : std::to_string(geteuid());
}

// "https://user:secret@host/x" -> "https://***@host/x", as often as it occurs in a word.
std::string without_password(std::string word) {
  for (size_t scheme = word.find("://"); scheme != std::string::npos;
       scheme = word.find("://", scheme + 3)) {
    const size_t begin = scheme + 3;
    const size_t end = word.find_first_of("/?# \t\n'\"", begin);
    const size_t at = word.substr(0, end).rfind('@');
    if (at != std::string::npos && at > begin) word.replace(begin, at - begin, "***");
  }
  return word;
}

}  // namespace

std::string default_label(const std::vector<std::string> &arguments) {
  std::string line = user() + ":";
  for (const auto &each : arguments) line += " " + without_password(each);
  return cut(printable(line), kLongestLabel);
}

}  // namespace repolock::shell
