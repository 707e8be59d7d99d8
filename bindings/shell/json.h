// json.h - as much JSON as is needed to write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace repolock::shell {

// One object; members appear in the order in which they are added.
class JsonObject {
 public:
  JsonObject &text(std::string_view key, std::string_view value);
  JsonObject &number(std::string_view key, int64_t value);
  JsonObject &boolean(std::string_view key, bool value);
  // What is not there ("" and -1 in a snapshot) is null.
  JsonObject &text_or_null(std::string_view key, std::string_view value);
  JsonObject &number_or_null(std::string_view key, int64_t value);
  JsonObject &raw(std::string_view key, std::string_view json);

  std::string str() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

std::string json_string(std::string_view bytes);
std::string json_array(const std::vector<std::string> &elements);

}  // namespace repolock::shell
