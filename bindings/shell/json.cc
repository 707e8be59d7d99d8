#include "json.h"

#include "text.h"

namespace repolock::shell {
namespace {

constexpr char kHex[] = "0123456789abcdef";

}  // namespace

std::string json_string(std::string_view bytes) {
  std::string out = "\"";
  for (const char c : valid_utf8(bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

JsonObject &JsonObject::raw(std::string_view key, std::string_view json) {
  if (!members_.empty()) members_ += ",";
  members_ += json_string(key) + ":";
  members_ += json;
  return *this;
}

JsonObject &JsonObject::text(std::string_view key, std::string_view value) {
  return raw(key, json_string(value));
}

JsonObject &JsonObject::number(std::string_view key, int64_t value) {
  return raw(key, std::to_string(value));
}

JsonObject &JsonObject::boolean(std::string_view key, bool value) {
  return raw(key, value ? "true" : "false");
}

JsonObject &JsonObject::text_or_null(std::string_view key, std::string_view value) {
  return value.empty() ? raw(key, "null") : text(key, value);
}

JsonObject &JsonObject::number_or_null(std::string_view key, int64_t value) {
  return value < 0 ? raw(key, "null") : number(key, value);
}

std::string json_array(const std::vector<std::string> &elements) {
  std::string out = "[";
  for (const auto &element : elements) {
    if (out.size() > 1) out += ",";
    out += element;
  }
  return out + "]";
}

}  // namespace repolock::shell
