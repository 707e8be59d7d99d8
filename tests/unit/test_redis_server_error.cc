// What an error of a Redis server means: the texts are those of Redis 5, 6 and 7.
#include <cstring>
#include <string>

#include "backend/redis/server_error.h"

#include "support/cmocka.h"

namespace {

using repolock::backend::redis::failure_of;
using repolock::backend::redis::is_no_script;

#define SHA "583cde57bb622bebd48d90a3524101a8b4f3f415"

struct Case {
  const char *error;
  repolock_status_t status;
  const char *message;  // behind the server's name
};

const Case kCases[] = {
    {"NOAUTH Authentication required.", REPOLOCK_E_DENIED,
     "wants a password (NOAUTH Authentication required.); put one into the URL, "
     "redis://:password@..."},
    {"WRONGPASS invalid username-password pair or user is disabled.", REPOLOCK_E_DENIED,
     "refuses the user or the password (WRONGPASS invalid username-password pair or user is "
     "disabled.); correct it in the URL"},
    {"ERR invalid password", REPOLOCK_E_DENIED,
     "refuses the password (ERR invalid password); correct it in the URL"},
    {"ERR Client sent AUTH, but no password is set", REPOLOCK_E_DENIED,
     "has no password (ERR Client sent AUTH, but no password is set); leave it out of the URL"},
    {"ERR AUTH <password> called without any password configured for the default user. Are you "
     "sure "
     "your configuration is correct?",
     REPOLOCK_E_DENIED,
     "has no password (ERR AUTH <password> called without any password configured for the default "
     "user. Are you sure your configuration is correct?); leave it out of the URL"},
    {"ERR wrong number of arguments for 'auth' command", REPOLOCK_E_DENIED,
     "knows no users, being older than 6 (ERR wrong number of arguments for 'auth' command); leave "
     "the user out of the URL, redis://:password@..."},
    // 6.2, 7.0, 7.2
    {"NOPERM this user has no permissions to run the 'publish' command or its subcommand",
     REPOLOCK_E_DENIED,
     "does not let this user do that (NOPERM this user has no permissions to run the 'publish' "
     "command or its subcommand); give the user +publish, or name another one in the URL"},
    {"NOPERM this user has no permissions to run the 'subscribe' command", REPOLOCK_E_DENIED,
     "does not let this user do that (NOPERM this user has no permissions to run the 'subscribe' "
     "command); give the user +subscribe, or name another one in the URL"},
    {"NOPERM User bob has no permissions to run the 'get' command", REPOLOCK_E_DENIED,
     "does not let this user do that (NOPERM User bob has no permissions to run the 'get' "
     "command); "
     "give the user +get, or name another one in the URL"},
    {"NOPERM this user has no permissions to access one of the keys used as arguments",
     REPOLOCK_E_DENIED,
     "does not let this user do that (NOPERM this user has no permissions to access one of the "
     "keys "
     "used as arguments); give the user ~repolock:* (redis.prefix and redis.lock_key change that), "
     "or name another one in the URL"},
    {"NOPERM this user has no permissions to access one of the channels used as arguments",
     REPOLOCK_E_DENIED,
     "does not let this user do that (NOPERM this user has no permissions to access one of the "
     "channels used as arguments); give the user &repolock:*, or name another one in the URL"},
    {"ERR Error running script (call to f_" SHA "): @user_script:1: @user_script: 1: The user "
     "executing the script can't run this command or subcommand ",
     REPOLOCK_E_DENIED,
     "does not let this user do that (The user executing the script can't run this command or "
     "subcommand); give the user the rights in docs/operations.md, of which doctor names what it "
     "lacks, or name another one in the URL"},
    {"ERR The user executing the script can't access at least one of the keys mentioned in the "
     "command arguments script: " SHA ", on @user_script:1.",
     REPOLOCK_E_DENIED,
     "does not let this user do that (ERR The user executing the script can't access at least one "
     "of the keys mentioned in the command arguments); give the user ~repolock:* (redis.prefix and "
     "redis.lock_key change "
     "that), or name another one in the URL"},
    {"ERR ACL failure in script: User bob has no permissions to run the 'time' command script: " SHA
     ", on @user_script:4.",
     REPOLOCK_E_DENIED,
     "does not let this user do that (ERR ACL failure in script: User bob has no permissions to "
     "run "
     "the 'time' command); give the user +time, or name another one in the URL"},
    {"DENIED Redis is running in protected mode", REPOLOCK_E_DENIED,
     "is in protected mode (DENIED Redis is running in protected mode); give it a password, or a "
     "bind address of its own"},
    // 5 and 6, then 7
    {"ERR Error running script (call to f_" SHA "): @user_script:12: WRONGTYPE Operation against a "
     "key holding the wrong kind of value ",
     REPOLOCK_E_MISCONFIGURED,
     "has data of others under a key of this lock (WRONGTYPE Operation against a key holding the "
     "wrong kind of value); remove that key, or use another database"},
    {"WRONGTYPE Operation against a key holding the wrong kind of value script: " SHA
     ", on @user_script:3.",
     REPOLOCK_E_MISCONFIGURED,
     "has data of others under a key of this lock (WRONGTYPE Operation against a key holding the "
     "wrong kind of value); remove that key, or use another database"},
    {"REPOLOCK px is above the cap, 31000", REPOLOCK_E_MISCONFIGURED,
     "is used by others with a smaller max_ttl_ms (REPOLOCK px is above the cap, 31000); set the "
     "same max_ttl_ms everywhere"},
    {"ERR user_script:11: REPOLOCK F is no fence: x script: " SHA ", on @user_script:11.",
     REPOLOCK_E_MISCONFIGURED,
     "has a fence that is none of ours (REPOLOCK F is no fence: x); remove that key, or use "
     "another "
     "database"},
    {"ERR Error running script (call to f_" SHA "): @user_script:11: user_script:11: REPOLOCK F is "
     "no fence: BUSY ",
     REPOLOCK_E_MISCONFIGURED,
     "has a fence that is none of ours (REPOLOCK F is no fence: BUSY); remove that key, or use "
     "another database"},
    {"MOVED 3999 127.0.0.1:6381", REPOLOCK_E_MISCONFIGURED,
     "is part of a cluster (MOVED 3999 127.0.0.1:6381); use a server without cluster mode, or "
     "several as redis+quorum://"},
    {"ERR DB index is out of range", REPOLOCK_E_MISCONFIGURED,
     "has no database of that number (ERR DB index is out of range); use a smaller one in the URL, "
     "or raise databases in its configuration"},
    {"ERR unknown command `evalsha`, with args beginning with: `x`, ", REPOLOCK_E_MISCONFIGURED,
     "does not know a command (ERR unknown command `evalsha`, with args beginning with: `x`,); use "
     "Redis 5 or newer, without rename-command"},
    {"ERR Unknown Redis command called from script script: " SHA ", on @user_script:1.",
     REPOLOCK_E_MISCONFIGURED,
     "does not know a command (ERR Unknown Redis command called from script); use Redis 5 or "
     "newer, "
     "without rename-command"},
    {"LOADING Redis is loading the dataset in memory", REPOLOCK_E_UNAVAILABLE,
     "is loading its data (LOADING Redis is loading the dataset in memory); wait until it has"},
    {"ERR Error running script (call to f_" SHA "): @user_script:5: @user_script: 5: -READONLY You "
     "can't write against a read only replica. ",
     REPOLOCK_E_UNAVAILABLE,
     "is a replica, and takes no writes (READONLY You can't write against a read only replica.); "
     "name the primary in the URL"},
    {"OOM command not allowed when used memory > 'maxmemory'. script: " SHA ", on @user_script:5.",
     REPOLOCK_E_UNAVAILABLE,
     "has no memory left (OOM command not allowed when used memory > 'maxmemory'.); raise its "
     "maxmemory, or free some"},
    {"ERR max number of clients reached", REPOLOCK_E_UNAVAILABLE,
     "has too many clients (ERR max number of clients reached); raise its maxclients, or end some"},
    {"BUSYGROUP Consumer Group name already exists", REPOLOCK_E_UNAVAILABLE,
     "answered an error (BUSYGROUP Consumer Group name already exists); look at its log, and at "
     "that error in its documentation"},
    {"", REPOLOCK_E_UNAVAILABLE,
     "answered an error (); look at its log, and at that error in its documentation"},
};

void texts(void **) {
  for (const Case &each : kCases) {
    const auto failure = failure_of(each.error, "redis-1:6379");
    assert_string_equal(failure.message.c_str(),
                        (std::string("redis-1:6379 ") + each.message).c_str());
    assert_int_equal(failure.status, each.status);
  }
}

void each_code(void **) {
  const struct {
    const char *word;
    repolock_status_t status;
  } codes[] = {{"ASK", REPOLOCK_E_MISCONFIGURED},       {"CLUSTERDOWN", REPOLOCK_E_MISCONFIGURED},
               {"CROSSSLOT", REPOLOCK_E_MISCONFIGURED}, {"TRYAGAIN", REPOLOCK_E_MISCONFIGURED},
               {"MISCONF", REPOLOCK_E_UNAVAILABLE},     {"BUSY", REPOLOCK_E_UNAVAILABLE},
               {"MASTERDOWN", REPOLOCK_E_UNAVAILABLE},  {"NOREPLICAS", REPOLOCK_E_UNAVAILABLE},
               {"REPOLOCK", REPOLOCK_E_MISCONFIGURED},  {"NOPERM", REPOLOCK_E_DENIED}};
  for (const auto &each : codes) {
    const auto failure = failure_of(std::string(each.word) + " x", "s");
    assert_int_equal(failure.status, each.status);
    assert_null(strstr(failure.message.c_str(), "answered an error"));
  }
}

void a_hostile_text(void **) {
  const auto failure = failure_of("ERR \x1b[2J\n" + std::string(5000, '\xff'), "s");
  assert_true(failure.message.size() < 350);
  assert_true(failure.message.starts_with("s answered an error (ERR ?[2J????"));
  for (const char c : failure.message) assert_in_range(c, ' ', '~');
  for (const std::string text :
       {"user_script:", "user_script: ", "@user_script:1", "@user_script:1:", "@user_script:1: ",
        " script: ", (" script: " SHA), "NOPERM run the '", "NOPERM run the ''", "-", "  ", "\r\n"})
    assert_false(failure_of(text, "s").message.empty());
}

void no_script(void **) {
  assert_true(is_no_script("NOSCRIPT No matching script. Please use EVAL."));
  assert_false(is_no_script("ERR NOSCRIPT"));
  assert_false(is_no_script("NOSCRIPTS"));
  assert_false(is_no_script(""));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(texts),
      cmocka_unit_test(each_code),
      cmocka_unit_test(a_hostile_text),
      cmocka_unit_test(no_script),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
