#include "backend/redis/server_error.h"

#include <algorithm>
#include <string_view>

#include "backend/host/plain_text.h"

namespace repolock::backend::redis {

namespace {

constexpr size_t kNowhere = std::string_view::npos;
constexpr size_t kMostSaid = 200;

struct Meaning {
  std::string_view words;  // of the server
  repolock_status_t status;
  const char *meaning;  // behind its name
  const char *remedy;
};

constexpr char kUserRights[] = "";  // see rights_for
constexpr char kNoCluster[] = "is part of a cluster";
constexpr char kUseNoCluster[] = "use a server without cluster mode, or several as redis+quorum://";
constexpr char kOldServer[] = "does not know a command";
constexpr char kUseNewServer[] = "use Redis 5 or newer, without rename-command";

// Beside the words of a code there are sentences that have none.
constexpr Meaning kMeanings[] = {
    {"NOAUTH", REPOLOCK_E_DENIED, "wants a password",
     "put one into the URL, redis://:password@..."},
    {"WRONGPASS", REPOLOCK_E_DENIED, "refuses the user or the password", "correct it in the URL"},
    {"invalid password", REPOLOCK_E_DENIED, "refuses the password", "correct it in the URL"},
    {"without any password configured", REPOLOCK_E_DENIED, "has no password",
     "leave it out of the URL"},
    {"no password is set", REPOLOCK_E_DENIED, "has no password", "leave it out of the URL"},
    {"wrong number of arguments for 'auth'", REPOLOCK_E_DENIED,
     "knows no users, being older than 6", "leave the user out of the URL, redis://:password@..."},
    {"NOPERM", REPOLOCK_E_DENIED, "does not let this user do that", kUserRights},
    {"ACL failure in script", REPOLOCK_E_DENIED, "does not let this user do that", kUserRights},
    {"The user executing the script can't", REPOLOCK_E_DENIED, "does not let this user do that",
     kUserRights},
    {"DENIED", REPOLOCK_E_DENIED, "is in protected mode",
     "give it a password, or a bind address of its own"},
    {"WRONGTYPE", REPOLOCK_E_MISCONFIGURED, "has data of others under a key of this lock",
     "remove that key, or use another database"},
    {"REPOLOCK px is above the cap", REPOLOCK_E_MISCONFIGURED,
     "is used by others with a smaller max_ttl_ms", "set the same max_ttl_ms everywhere"},
    {"REPOLOCK", REPOLOCK_E_MISCONFIGURED, "has a fence that is none of ours",
     "remove that key, or use another database"},
    {"MOVED", REPOLOCK_E_MISCONFIGURED, kNoCluster, kUseNoCluster},
    {"ASK", REPOLOCK_E_MISCONFIGURED, kNoCluster, kUseNoCluster},
    {"TRYAGAIN", REPOLOCK_E_MISCONFIGURED, kNoCluster, kUseNoCluster},
    {"CROSSSLOT", REPOLOCK_E_MISCONFIGURED, kNoCluster, kUseNoCluster},
    {"CLUSTERDOWN", REPOLOCK_E_MISCONFIGURED, kNoCluster, kUseNoCluster},
    {"non local key in a cluster", REPOLOCK_E_MISCONFIGURED, kNoCluster, kUseNoCluster},
    {"DB index is out of range", REPOLOCK_E_MISCONFIGURED, "has no database of that number",
     "use a smaller one in the URL, or raise databases in its configuration"},
    {"unknown command", REPOLOCK_E_MISCONFIGURED, kOldServer, kUseNewServer},
    {"Unknown Redis command", REPOLOCK_E_MISCONFIGURED, kOldServer, kUseNewServer},
    {"LOADING", REPOLOCK_E_UNAVAILABLE, "is loading its data", "wait until it has"},
    {"READONLY", REPOLOCK_E_UNAVAILABLE, "is a replica, and takes no writes",
     "name the primary in the URL"},
    {"OOM", REPOLOCK_E_UNAVAILABLE, "has no memory left", "raise its maxmemory, or free some"},
    {"MISCONF", REPOLOCK_E_UNAVAILABLE, "cannot save, and takes no writes",
     "look at its log and its disk"},
    {"BUSY", REPOLOCK_E_UNAVAILABLE, "is busy with a script of somebody's",
     "wait, or end it by SCRIPT KILL"},
    {"MASTERDOWN", REPOLOCK_E_UNAVAILABLE, "is a replica that has lost its primary",
     "name the primary in the URL"},
    {"NOREPLICAS", REPOLOCK_E_UNAVAILABLE, "has too few replicas, and takes no writes",
     "start them, or lower its min-replicas-to-write"},
    {"max number of clients", REPOLOCK_E_UNAVAILABLE, "has too many clients",
     "raise its maxclients, or end some"},
};

constexpr Meaning kUnknown = {"", REPOLOCK_E_UNAVAILABLE, "answered an error",
                              "look at its log, and at that error in its documentation"};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// As whole words: BUSY is not in BUSYGROUP.
size_t find_words(std::string_view text, std::string_view words) {
  for (size_t at = text.find(words); at != kNowhere; at = text.find(words, at + 1)) {
    const size_t end = at + words.size();
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const bool ends = end == text.size() || !is_word(text[end]);
    if (begins && ends) return at;
  }
  return kNowhere;
}

const Meaning &meaning_of(std::string_view error) {
  const Meaning *found = &kUnknown;
  size_t first = kNowhere;
  for (const Meaning &each : kMeanings) {
    const size_t at = find_words(error, each.words);
    if (at >= first) continue;
    first = at;
    found = &each;
  }
  return *found;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

// What Redis 7 puts behind: " script: <sha1>, on @user_script:12."
std::string_view without_end(std::string_view text) {
  constexpr std::string_view kMark = " script: ";
  constexpr size_t kSha1 = 40;
  const size_t at = text.rfind(kMark);
  if (at == kNowhere) return text;
  const std::string_view sha1 = text.substr(at + kMark.size(), kSha1);
  return sha1.size() == kSha1 && std::ranges::all_of(sha1, is_hex) ? text.substr(0, at) : text;
}

// What is put before, once or twice: "ERR Error running script (call to f_<sha1>): @user_script:12: ",
// "user_script:12: ", "@user_script: 12: -".
std::string_view without_begin(std::string_view text) {
  constexpr std::string_view kMark = "user_script:";
  for (size_t at = text.find(kMark); at != kNowhere; at = text.find(kMark)) {
    const size_t number = text.find_first_not_of(' ', at + kMark.size());
    const size_t end = text.find_first_not_of("0123456789", number);
    if (number == kNowhere || end == kNowhere || end == number ||
        !text.substr(end).starts_with(": "))
      break;
    text.remove_prefix(end + 2);
  }
  if (text.starts_with('-')) text.remove_prefix(1);
  return text;
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == kNowhere) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// Redis 6 and newer name the command, and say key or channel where it is one of these.
std::string rights_for(std::string_view said) {
  constexpr std::string_view kMark = "run the '";
  constexpr size_t kLongest = 40;
  std::string right = "the rights in docs/operations.md, of which doctor names what it lacks";
  if (const size_t at = said.find(kMark); at != kNowhere) {
    const std::string_view rest = said.substr(at + kMark.size());
    if (const size_t end = rest.find('\''); end <= kLongest)
      right = "+" + plain_text(rest.substr(0, end), kLongest);
  } else if (said.find(" channel") != kNowhere) {
    right = "&repolock:*";
  } else if (said.find(" key") != kNowhere) {
    right = "~repolock:* (redis.prefix and redis.lock_key change that)";
  }
  return "give the user " + right + ", or name another one in the URL";
}

}  // namespace

Failure failure_of(const std::string &error, const std::string &server) {
  const Meaning &meaning = meaning_of(error);
  const std::string_view said = without_blanks(without_begin(without_end(error)));
  const std::string remedy = meaning.remedy == kUserRights ? rights_for(said) : meaning.remedy;
  return {meaning.status,
          server + " " + meaning.meaning + " (" + plain_text(said, kMostSaid) + "); " + remedy};
}

Failure not_understood(const std::string &server) {
  return {REPOLOCK_E_UNAVAILABLE,
          server + " gave a reply that is none of Redis's; is it a Redis server, without a proxy?"};
}

bool is_no_script(const std::string &error) {
  return find_words(error, "NOSCRIPT") == 0;
}

}  // namespace repolock::backend::redis
