// table.h - rows in columns that are as wide as they must be.
#pragma once

#include <string>
#include <vector>

namespace repolock::shell {

using TableRow = std::vector<std::string>;

// Each row, the first one is the heading, as a line; columns are two spaces apart.
std::string table(const std::vector<TableRow> &rows);

// Words in lines of at most width characters, each line indented.
std::string wrapped(const std::string &text, size_t indent, size_t width);

}  // namespace repolock::shell
