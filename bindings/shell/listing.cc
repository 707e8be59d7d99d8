#include "listing.h"

#include "text.h"

namespace repolock::shell {
namespace {

void add_lines(std::vector<TableRow> &lines, const RepoRows &repo) {
  const std::string waiters = std::to_string(repo.waiters.size());
  const auto add = [&](TableRow columns) {
    columns.insert(columns.begin(), printable(repo.repo));
    columns.push_back(waiters);
    lines.push_back(std::move(columns));
  };
  for (const auto &holder : repo.holders) add(owner_columns(holder));
  if (repo.holders.empty()) add({"-", "-", "-", "-", "-"});  // between two holders
}

}  // namespace

std::string listing_text(const std::vector<RepoRows> &repos, bool quiet) {
  std::string names;
  std::vector<TableRow> lines = {{"REPO", "HOLDER", "HOST", "PID", "AGE", "FENCE", "WAITERS"}};
  for (const auto &repo : repos) {
    names += printable(repo.repo) + "\n";
    add_lines(lines, repo);
  }
  return quiet ? names : table(lines);
}

std::vector<std::string> listing_json(const std::vector<RepoRows> &repos) {
  std::vector<std::string> objects;
  objects.reserve(repos.size());
  for (const auto &repo : repos) objects.push_back(json_of(repo).str());
  return objects;
}

}  // namespace repolock::shell
