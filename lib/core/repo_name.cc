#include "core/repo_name.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/ascii.h"
#include "core/quote.h"
#include "core/repo_address.h"
#include "core/url.h"

namespace repolock::core {
namespace {

constexpr size_t kMinSegments = 2;
constexpr size_t kMaxSegments = 20;
constexpr size_t kMaxSegmentBytes = 100;
constexpr std::string_view kSuffix = ".git";
constexpr std::string_view kNameCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
constexpr std::string_view kOpaqueHint = "; repo.form=opaque takes any bytes";

// After owner/name and before more, these begin a page of a web site: GitLab allows no such names.
constexpr std::array<std::string_view, 6> kPageWords = {"-",   "tree",  "blob",
                                                        "raw", "blame", "commits"};

std::vector<std::string> split_path(std::string_view path, bool case_sensitive) {
  std::vector<std::string> segments;
  if (path.empty()) return segments;
  for (size_t start = 0, end = 0; end != std::string_view::npos; start = end + 1) {
    end = path.find('/', start);
    const std::string_view segment = path.substr(start, end - start);
    segments.push_back(case_sensitive ? std::string(segment) : lower_case(segment));
  }
  return segments;
}

std::string about_character(char c) {
  const std::string has = "has the character " + quoted({&c, 1}) + ": ";
  switch (c) {
    case '%':
      return has + "write the character that is meant, nothing is decoded";
    case '\\':
      return has + "separate segments by /";
    case '?':
    case '#':
      return has +
             "leave out query and fragment; a part of a repository needs opaque names"
             " (repo.form=opaque)";
    default:
      return has + "allowed are A-Z a-z 0-9 . _ -" + std::string(kOpaqueHint);
  }
}

// What is wrong with a segment, or "".
std::string about_segment(std::string_view segment, bool first) {
  if (segment.empty()) return "has an empty segment: write owner/name" + std::string(kOpaqueHint);
  if (segment == "." || segment == "..") {
    return "has the segment " + quoted(segment) + ": write the repository's name, not a path";
  }
  if (segment.size() > kMaxSegmentBytes) {
    return "has a segment of " + std::to_string(segment.size()) + " bytes: at most " +
           std::to_string(kMaxSegmentBytes) + " are allowed";
  }
  const bool home = first && segment.size() > 1 && segment.front() == '~';
  const size_t odd = segment.find_first_not_of(kNameCharacters, home ? 1 : 0);
  return odd == std::string_view::npos ? "" : about_character(segment[odd]);
}

// What is wrong with a path, or "". Takes the ".git" off its end.
std::string check_path(std::vector<std::string> *segments) {
  const size_t count = segments->size();
  if (count < kMinSegments || count > kMaxSegments) {
    return "has a path of " + std::to_string(count) + (count == 1 ? " segment" : " segments") +
           ": write owner/name, or groups with 2 to " + std::to_string(kMaxSegments) + " segments" +
           std::string(kOpaqueHint);
  }
  std::string &last = segments->back();
  if (last.ends_with(kSuffix)) last.resize(last.size() - kSuffix.size());
  if (last.ends_with(kSuffix)) return "ends in .git twice: write the repository's name";
  if (last.empty()) return "has no name before .git: write owner/name";
  for (size_t i = 0; i < count; ++i) {
    const std::string &segment = (*segments)[i];
    if (std::string reason = about_segment(segment, i == 0); !reason.empty()) return reason;
    const bool page = std::find(kPageWords.begin(), kPageWords.end(), segment) != kPageWords.end();
    if (page && i >= kMinSegments && i + 1 < count) {
      return "is the address of a page: leave out /" + segment + " and what follows";
    }
  }
  return "";
}

std::string join(const std::vector<std::string> &segments) {
  std::string path;
  for (const std::string &segment : segments) path += (path.empty() ? "" : "/") + segment;
  return path;
}

}  // namespace

Result<std::string> canonical_repo(std::string_view repo, const NameRules &rules) {
  const auto refuse = [repo](const std::string &reason) {
    return Failure{Status::kInvalid, "repository " + quoted(masked_url(repo)) + " " + reason};
  };
  const std::string too_long = "is too long: at most " + std::to_string(kMaxRepoBytes) + " bytes";
  if (repo.empty()) return refuse("is empty: write owner/name");
  if (repo.find('\0') != std::string_view::npos) return refuse("has a NUL byte: leave it out");
  if (rules.opaque) {
    if (repo.size() > kMaxRepoBytes) return refuse(too_long);
    return std::string(repo);
  }
  for (const char c : repo) {
    if (is_control(c) || !is_ascii(c)) return refuse(about_character(c));
  }

  const Result<RepoAddress> split = split_address(repo);
  if (const Failure *failure = failure_of(split)) return refuse(failure->message);
  const auto &[host, path] = std::get<RepoAddress>(split);
  std::vector<std::string> segments = split_path(path, rules.case_sensitive);
  if (std::string reason = check_path(&segments); !reason.empty()) return refuse(reason);

  // Without its host, john.doe/group/name would be read as a repository of the host john.doe.
  const bool misleading = segments.size() > kMinSegments && looks_like_host(segments.front());
  std::string canonical = join(segments);
  if (!host.empty() && (host != rules.default_host || misleading)) {
    canonical.insert(0, host + "/");
  }
  if (canonical.size() > kMaxRepoBytes) return refuse(too_long);
  return canonical;
}

}  // namespace repolock::core
