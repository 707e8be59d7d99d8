#include "core/sentence.h"

#include <algorithm>

namespace repolock::core {

std::string duration_words(Millis length) {
  if (length < 1000) return std::to_string(std::max<Millis>(length, 0)) + " ms";
  const Millis seconds = length / 1000;
  const Millis tenths = length / 100 % 10;
  if (seconds < 10 && tenths != 0)
    return std::to_string(seconds) + "." + std::to_string(tenths) + " s";
  if (seconds < 60) return std::to_string(seconds) + " s";
  const Millis minutes = seconds / 60;
  if (minutes < 60)
    return std::to_string(minutes) + " min" +
           (seconds % 60 != 0 ? " " + std::to_string(seconds % 60) + " s" : "");
  return std::to_string(minutes / 60) + " h" +
         (minutes % 60 != 0 ? " " + std::to_string(minutes % 60) + " min" : "");
}

std::string holder_words(const Rows &rows, const std::string &repo) {
  const Row *first = nullptr;
  int others = 0;
  for (const Row &row : rows) {
    if (row.kind != RowKind::kHolder || (!row.repo.empty() && row.repo != repo)) continue;
    if (first == nullptr)
      first = &row;
    else
      ++others;
  }
  if (first == nullptr) return "";
  std::string words = "held by " + (first->holder.empty() ? "somebody" : first->holder);
  if (first->pid >= 0 || !first->host.empty()) {
    words += " (";
    if (first->pid >= 0) words += "pid " + std::to_string(first->pid);
    if (!first->host.empty()) words += (first->pid >= 0 ? " on " : "on ") + first->host;
    words += ")";
  }
  if (others > 0) words += " and " + std::to_string(others) + (others == 1 ? " other" : " others");
  if (first->age_ms >= 0) words += " for " + duration_words(first->age_ms);
  if (!first->message.empty()) words += " (" + first->message + ")";
  return words;
}

std::string node_words(const Rows &rows, const std::string &said) {
  std::string words;
  for (const Row &row : rows) {
    if (row.kind != RowKind::kNode) continue;
    if (!row.message.empty() && said.find(row.message) != std::string::npos) continue;
    words += words.empty() ? "; nodes: " : ", ";
    words += row.host + ": " + row.status;
    if (!row.message.empty()) words += " (" + row.message + ")";
  }
  return words;
}

namespace {

std::string ahead_words(int64_t place) {
  if (place <= 0) return "";
  if (place == 1) return "you are next";
  return std::to_string(place - 1) + " ahead of you";
}

}  // namespace

std::string waiting_sentence(const std::string &repo, const Rows &rows, int64_t place) {
  std::string sentence = "waiting for " + repo;
  const std::string holder = holder_words(rows, repo);
  if (!holder.empty()) sentence += ": " + holder;
  const std::string ahead = ahead_words(place);
  if (!ahead.empty()) sentence += (holder.empty() ? ": " : ", ") + ahead;
  return sentence + node_words(rows);
}

std::string timeout_sentence(const std::string &repo, const Rows &rows, int64_t place,
                             Millis wait) {
  std::string sentence = repo + " was not free within " + duration_words(wait);
  const std::string holder = holder_words(rows, repo);
  if (!holder.empty()) sentence += ": it is " + holder;
  if (place == 1) sentence += ", and you were next";
  if (place > 1) sentence += ", with " + std::to_string(place - 1) + " ahead of you";
  return sentence + "; try again later or wait longer" + node_words(rows);
}

std::string held_sentence(const std::string &repo, const Rows &rows) {
  const std::string holder = holder_words(rows, repo);
  return repo + " is " + (holder.empty() ? "held by somebody else" : holder) +
         "; try again later or allow a wait" + node_words(rows);
}

std::string answer_words(Status status) {
  return std::string("the backend answered ") + status_name(static_cast<int32_t>(status));
}

std::string lost_sentence(const std::string &repo, LossReason reason, const std::string &detail) {
  std::string sentence = "the lock on " + repo + " is lost: ";
  switch (reason) {
    case LossReason::kExpired:
      sentence += "its lease ran out";
      break;
    case LossReason::kBroken:
      sentence += "somebody broke it";
      break;
    case LossReason::kStolen:
      sentence += "somebody else holds it";
      break;
    case LossReason::kDataLost:
      sentence += "the backend lost its data";
      break;
    case LossReason::kMaxHold:
      sentence += "it was held for its max_hold";
      break;
    case LossReason::kStalled:
      sentence += "the program's heartbeat stopped";
      break;
    case LossReason::kShutdown:
      sentence += "its client was shut down before the release";
      break;
  }
  if (!detail.empty() && reason != LossReason::kBroken) sentence += " (" + detail + ")";
  return sentence;
}

const char *loss_reason_name(LossReason reason) {
  switch (reason) {
    case LossReason::kExpired:
      return "expired";
    case LossReason::kBroken:
      return "broken";
    case LossReason::kStolen:
      return "stolen";
    case LossReason::kDataLost:
      return "data_lost";
    case LossReason::kMaxHold:
      return "max_hold";
    case LossReason::kStalled:
      return "stalled";
    case LossReason::kShutdown:
      return "shutdown";
  }
  return "expired";
}

}  // namespace repolock::core
