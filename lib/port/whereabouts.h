// whereabouts.h - where a file really is, and who could put another one in its place.
#pragma once

#include <string>

namespace repolock::port {

// Through all links; "": there is nothing, and errno says why.
std::string real_path(const std::string &path);

bool is_directory(const std::string &path);

// real is a real path. "", or what of it everybody may change: itself, its folder, or a folder above
// that has no sticky bit.
std::string open_to_all(const std::string &real);

}  // namespace repolock::port
