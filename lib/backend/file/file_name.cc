#include "backend/file/file_name.h"

namespace repolock::backend::file {

namespace {

constexpr std::string_view kDigits = "0123456789ABCDEF";

bool stands_for_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

std::string encode(std::string_view repo) {
  std::string text;
  for (const char c : repo) {
    if (c == '/') {
      text += '+';
    } else if (stands_for_itself(c) && !(c == '.' && text.empty())) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

// Not strict: the caller encodes again and compares.
std::string decode(std::string_view path) {
  std::string text, repo;
  for (const char c : path)
    if (c != kPieceMark && c != '/') text += c;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const size_t high = kDigits.find(text[i + 1]), low = kDigits.find(text[i + 2]);
      repo += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      repo += text[i] == '+' ? '/' : text[i];
    }
  }
  return repo;
}

}  // namespace

std::string file_name(std::string_view repo) {
  std::string rest = encode(repo), path;
  while (rest.size() > kPieceSize) {
    path += rest.substr(0, kPieceSize) + kPieceMark + '/';
    rest.erase(0, kPieceSize);
  }
  return path + rest + std::string(kLockSuffix);
}

std::optional<std::string> name_of_file(std::string_view path) {
  if (path.size() <= kLockSuffix.size()) return std::nullopt;
  const std::string repo = decode(path.substr(0, path.size() - kLockSuffix.size()));
  if (repo.empty() || file_name(repo) != path) return std::nullopt;
  return repo;
}

}  // namespace repolock::backend::file
