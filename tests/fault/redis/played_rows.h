// played_rows.h - rows of the table that are played: runs with a nemesis, side by side, and what the judge
// says of all of them together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fault/redis/nemesis.h"

namespace repolock::testing {

// How many of each row: for the table more.
uint64_t runs_of_a_row();
bool is_for_the_table();
// On one server, and for the table on three too.
std::vector<size_t> server_counts();

// Prints a row for each of the faults, and asserts that the library keeps what it promises there. Returns
// how often two held at once where that may be.
uint64_t play_rows(std::span<const Fault> faults, size_t servers);

// The control with the same seeds, for the same rows. Returns what it broke.
uint64_t play_control(std::span<const Fault> faults, size_t servers);

}  // namespace repolock::testing
