// version.hpp - the library that was loaded, beside the headers that the program was built with.
#ifndef REPOLOCK_CPP_VERSION_HPP
#define REPOLOCK_CPP_VERSION_HPP

#include <repolock/repolock.h>
#include <repolock/cpp/error.hpp>

#include <cstdint>
#include <string>

namespace repolock {

namespace detail {

inline std::string dotted(std::uint32_t version) {
  return std::to_string(version >> 16) + "." + std::to_string(version >> 8 & 0xff) + "." +
         std::to_string(version & 0xff);
}

// Shared libraries are found when the program starts: it may be another one than it was built with.
inline void check_version(std::uint32_t loaded, std::uint32_t built_with) {
  if (loaded >> 16 == built_with >> 16 && loaded >= built_with) return;
  throw error(make_error_code(errc::unsupported),
              "the librepolock that was loaded is " + dotted(loaded) +
                  ", but this program was built with " + dotted(built_with) + ": install " +
                  dotted(built_with) + " or a later " + std::to_string(built_with >> 16) +
                  ".x, or build the program again");
}

}  // namespace detail

}  // namespace repolock

#endif
