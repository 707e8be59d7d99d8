// sentence.h - the words for people: who holds it, since when, how many wait before you.
#pragma once

#include <string>

#include "core/command.h"
#include "core/row.h"
#include "core/status.h"
#include "core/time.h"

namespace repolock::core {

// "350 ms", "1.5 s", "12 s", "3 min 5 s", "2 h 10 min"
std::string duration_words(Millis length);

// "held by job-17 (pid 4312 on ci-7) for 12 s", of several "and 2 others"; "" when rows name nobody.
std::string holder_words(const Rows &rows, const std::string &repo);

// "; nodes: redis-1: E_UNAVAILABLE (connection refused)", or "". Nothing is said twice.
std::string node_words(const Rows &rows, const std::string &said = "");

// "the backend answered E_IO", where it said no more than that.
std::string answer_words(Status status);

std::string waiting_sentence(const std::string &repo, const Rows &rows, int64_t place);
std::string timeout_sentence(const std::string &repo, const Rows &rows, int64_t place, Millis wait);
std::string held_sentence(const std::string &repo, const Rows &rows);
std::string lost_sentence(const std::string &repo, LossReason reason, const std::string &detail);

}  // namespace repolock::core
