// The servers that a URL names, and what a refusal says: never the password.
#include <string>
#include <variant>

#include "backend/redis/address.h"

#include "support/cmocka.h"

namespace {

using repolock::backend::Failure;
using repolock::backend::redis::Address;
using repolock::backend::redis::parse_address;

// "redis-1:6379 unix:/a user=u password=p db=3 quorum", or the refusal.
std::string parsed(const std::string &url) {
  const auto result = parse_address(url);
  if (const auto *failure = std::get_if<Failure>(&result)) {
    assert_int_equal(failure->status, REPOLOCK_E_INVALID);
    return failure->message;
  }
  const auto &address = std::get<Address>(result);
  std::string out;
  for (const auto &server : address.servers) out += (out.empty() ? "" : " ") + server.name();
  if (!address.user.empty()) out += " user=" + address.user;
  if (!address.password.empty()) out += " password=" + address.password;
  if (address.database != 0) out += " db=" + std::to_string(address.database);
  if (address.is_quorum) out += " quorum";
  return out;
}

void assert_parsed(const std::string &url, const std::string &as) {
  assert_string_equal(parsed(url).c_str(), as.c_str());
}

void assert_refused(const std::string &url, const std::string &words) {
  const std::string message = parsed(url);
  if (message.find(words) == std::string::npos || !message.starts_with("the backend URL '"))
    fail_msg("%s: %s", url.c_str(), message.c_str());
}

void one_server(void **) {
  assert_parsed("redis://redis-1", "redis-1:6379");
  assert_parsed("REDIS://Redis-1.Example.COM.:7000/", "redis-1.example.com:7000");
  assert_parsed("redis://127.0.0.1:6380/3", "127.0.0.1:6380 db=3");
  assert_parsed("redis://[::1]", "[::1]:6379");
  assert_parsed("redis://[0:0::0:1]:65535/0", "[::1]:65535");
  assert_parsed("redis://my_host?db=1000000", "my_host:6379 db=1000000");
  assert_parsed("redis://:p%40ss%2fw%25rd@h/1", "h:6379 password=p@ss/w%rd db=1");
  assert_parsed("redis://bob:pw@h", "h:6379 user=bob password=pw");
  assert_parsed("redis://bob:@h", "h:6379 user=bob");
  assert_parsed("redis://:@h", "h:6379");
  assert_parsed("redis://bob:p@ss:word@h", "h:6379 user=bob password=p@ss:word");
}

void unix_socket(void **) {
  assert_parsed("redis+unix:///run/redis.sock", "unix:/run/redis.sock");
  assert_parsed("redis+unix:///run/a%20b%3F?db=2", "unix:/run/a b? db=2");
  assert_parsed("redis+unix://:pw@/run/r.sock", "unix:/run/r.sock password=pw");
  assert_parsed("redis+unix:///run/a@b", "unix:/run/a@b");
  assert_parsed("redis+unix:///" + std::string(106, 'x'), "unix:/" + std::string(106, 'x'));
  assert_refused("redis+unix:///" + std::string(107, 'x'), "a socket of 108 bytes; ");
  assert_refused("redis+unix://run/redis.sock", "names no absolute path");
  assert_refused("redis+unix://", "names no absolute path");
  assert_refused("redis+unix:///run/", "names a directory");
  assert_refused("redis+unix:///run/%2", "write %25");
  assert_refused("redis+unix:///run/a%00b", "write %25");
}

void quorum(void **) {
  assert_parsed("redis+quorum://a,B:1,[::1]:2,unix:/run/a.sock",
                "a:6379 b:1 [::1]:2 unix:/run/a.sock quorum");
  assert_parsed("redis+quorum://a", "a:6379 quorum");
  assert_parsed("redis+quorum://u:p,w@a,b?db=4", "a:6379 b:6379 user=u password=p,w db=4 quorum");
  assert_parsed("redis+quorum://unix:/a%2Cb,unix:/c?db=1", "unix:/a,b unix:/c db=1 quorum");
  assert_refused("redis+quorum://", "a member without a name");
  assert_refused("redis+quorum://a,", "a member without a name");
  assert_refused("redis+quorum://a,,b", "a member without a name");
  assert_refused("redis+quorum://a,b,A:6379", "names the member 'A:6379' twice");
  assert_refused("redis+quorum://[::1],[0::1]", "names the member '[0::1]' twice");
  assert_refused("redis+quorum://unix:/a,unix:/%61", "names the member 'unix:/%61' twice");
  assert_refused("redis+quorum://a,b/1",
                 "has the member 'b/1'; write host:6379 or unix:/path, and ?db=");
  assert_refused("redis+quorum://redis://a", "has the member 'redis://a'");
  assert_refused("redis+quorum://a,unix:b", "has the member 'unix:b'; write unix:/path");
  assert_refused("redis+quorum://a,rediss:b", "TLS");
  std::string many = "redis+quorum://h0";
  for (int i = 1; i < 31; ++i) many += ",h" + std::to_string(i);
  assert_true(parsed(many).ends_with("h30:6379 quorum"));
  assert_refused(many + ",h31", "more than 31 members");
}

void refusals(void **) {
  assert_refused("", "is not of this backend");
  assert_refused("redis", "is not of this backend");
  assert_refused("file:///a", "is not of this backend");
  assert_refused("redis:h", "has no // behind redis:");
  assert_refused("redis://", "names no host");
  assert_refused("redis:///1", "names no host");
  assert_refused("redis://:6379", "names no host");
  assert_refused("rediss://h", "TLS, which comes in a later version");
  assert_refused("redis://h#1", "has a # in it");
  assert_refused("redis://h:0", "has the port '0'; write a number from 1 to 65535");
  assert_refused("redis://h:65536", "has the port '65536'");
  assert_refused("redis://h:", "has the port ''");
  assert_refused("redis://h:1x", "has the port '1x'");
  assert_refused("redis://::1", "names no host");
  assert_refused("redis://fe80::1", "brackets around an IPv6 address");
  assert_refused("redis://[::1", "has the host '[::1'");
  assert_refused("redis://[::1]6379", "has the port '6379'");
  assert_refused("redis://[h]", "no IPv6 address");
  assert_refused("redis://h_\xc3\xa9",
                 "has the host 'h_?"
                 "?', which is no name of a host");
  assert_refused("redis://h a", "has the host 'h a'");
  assert_refused("redis://h/x", "has the database 'x'; write a number from 0 to 1000000");
  assert_refused("redis://h/1000001", "has the database '1000001'");
  assert_refused("redis://h/-1", "has the database '-1'");
  assert_refused("redis://h/99999999999999999999", "has the database '99999999999999999999'");
  assert_refused("redis://h/1/2", "has the database '1/2'");
  assert_refused("redis://h/1?db=1", "names the database twice");
  assert_refused("redis://h?db=", "has the database ''");
  assert_refused("redis://h?tls=1", "has a ? that ?db=number does not follow");
  assert_refused("redis://secret@h", "has a name and no password before the @");
  assert_refused("redis://:%zz@h", "write %25");
  assert_refused("redis://" + std::string(4000, 'h'), "...'");
  assert_true(parsed("redis://" + std::string(4000, 'h')).size() < REPOLOCK_ERR_SIZE);
}

void the_password_is_never_shown(void **) {
  for (const std::string url : {"redis://u:secret@h:x",
                                "redis://u:secret/@h",
                                "redis://:se/cret@h",
                                "redis://:secret?@h",
                                "redis://:secret#x@h",
                                "redis://secret@h",
                                "redis://:secret%@h",
                                "redis://secret/1@h",
                                "rediss://:secret@h",
                                "redis+unix://:secret@run",
                                "redis+unix://:secret/@/run/",
                                "redis+quorum://u:secret,/x@a",
                                "redis+quorum://secret,secret,/x@a",
                                "redis+quorum://u:secret@a,a",
                                "redis+quorum://:secret/x@a,b",
                                "redis://h?db=secret@h",
                                "redis://h?secret@h",
                                "secret@h",
                                "http://:secret@h",
                                "redis:secret@h",
                                "redis://h/secret@x",
                                "redis://[secret@h"}) {
    const std::string message = parsed(url);
    if (message.find("secret") != std::string::npos || message.find("cret") != std::string::npos)
      fail_msg("%s: %s", url.c_str(), message.c_str());
    if (message.find("***") == std::string::npos) fail_msg("%s: %s", url.c_str(), message.c_str());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_server),
      cmocka_unit_test(unix_socket),
      cmocka_unit_test(quorum),
      cmocka_unit_test(refusals),
      cmocka_unit_test(the_password_is_never_shown),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
