// file_name.h - the file of a name, readable in ls, and never the same for two names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace repolock::backend::file {

inline constexpr std::string_view kLockSuffix = ".lock";
inline constexpr size_t kPieceSize = 200;
inline constexpr char kPieceMark = '~';

// Relative to the lock directory. "owner/name" is "owner+name.lock": '/' is '+', and each byte but
// letters, digits, '.', '_' and '-', and a dot in front, is %XX. What is longer than 200 bytes goes
// into directories, each of them 200 bytes of it and a '~', so that it needs no hash.
std::string file_name(std::string_view repo);

// Back again; nothing if no name has that file.
std::optional<std::string> name_of_file(std::string_view path);

}  // namespace repolock::backend::file
