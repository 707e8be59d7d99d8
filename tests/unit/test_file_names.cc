// Where file: keeps its locks: from a URL to a directory, from a name to a file and back.
#include <unistd.h>

#include <set>
#include <string>
#include <variant>

#include "backend/file/address.h"
#include "backend/file/file_name.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::backend::file;

void assert_address(const std::string &url, const std::string &path) {
  const auto result = parse_address(url);
  assert_true(std::holds_alternative<Address>(result));
  assert_string_equal(std::get<Address>(result).path.c_str(), path.c_str());
}

void assert_refused(const std::string &url, const std::string &word) {
  const auto result = parse_address(url);
  assert_true(std::holds_alternative<repolock::backend::Failure>(result));
  const auto &failure = std::get<repolock::backend::Failure>(result);
  assert_int_equal(failure.status, REPOLOCK_E_INVALID);
  assert_true(failure.message.find(url) != std::string::npos);
  assert_true(failure.message.find(word) != std::string::npos);
}

void urls(void **) {
  assert_address("file:", "/var/tmp/repolock-" + std::to_string(geteuid()));
  assert_true(std::get<Address>(parse_address("file:")).is_default);
  assert_address("file:///srv/locks", "/srv/locks");
  assert_false(std::get<Address>(parse_address("file:///srv/locks")).is_default);
  assert_address("file:///srv/locks//", "/srv/locks");
  assert_address("file:///", "/");
  assert_address("file:///my%20locks/100%25", "/my locks/100%");
  assert_refused("file:locks", "file:///dir");
  assert_refused("file:/srv", "file:///dir");
  assert_refused("file://host/srv", "file:///dir");
  assert_refused("file:////srv", "file:///dir");
  assert_refused("file:///srv?mode=1", "%3F");
  assert_refused("file:///srv/%2", "%25");
  assert_refused("file:///srv/%00", "%25");
  assert_refused("redis:", "file:");
}

void plain_names_are_readable(void **) {
  assert_string_equal(file_name("owner/name").c_str(), "owner+name.lock");
  assert_string_equal(file_name("a/b.c_d-e/F9").c_str(), "a+b.c_d-e+F9.lock");
  assert_string_equal(file_name(".git").c_str(), "%2Egit.lock");
  assert_string_equal(file_name("..").c_str(), "%2E..lock");
  assert_string_equal(file_name("a+b c~\n\xC3\xA4").c_str(), "a%2Bb%20c%7E%0A%C3%A4.lock");
  assert_string_equal(file_name("../../etc/passwd").c_str(), "%2E.+..+etc+passwd.lock");
}

void long_names_become_directories(void **) {
  const std::string longest(512, '*');
  const std::string path = file_name(longest);
  size_t start = 0;
  for (size_t end = path.find('/'); end != std::string::npos; end = path.find('/', start)) {
    assert_int_equal(end - start, kPieceSize + 1);
    assert_int_equal(path[end - 1], kPieceMark);
    start = end + 1;
  }
  assert_true(path.size() - start <= kPieceSize + kLockSuffix.size());
  assert_true(start > 0);
  assert_string_equal(name_of_file(path)->c_str(), longest.c_str());
}

void names_come_back_and_are_never_the_same(void **) {
  std::set<std::string> paths;
  size_t count = 0;
  const auto check = [&](const std::string &name) {
    ++count;
    const std::string path = file_name(name);
    const auto back = name_of_file(path);
    assert_true(back.has_value());
    assert_true(*back == name);
    paths.insert(path);
  };
  for (int byte = 1; byte < 256; ++byte) {
    check(std::string(1, static_cast<char>(byte)));
    check("a" + std::string(1, static_cast<char>(byte)) + "b");
  }
  for (size_t size = 190; size <= 412; ++size) check(std::string(size, 'x'));
  for (size_t size = 60; size <= 140; ++size) check(std::string(size, '%') + "/x");
  assert_int_equal(paths.size(), count);
}

void other_files_are_no_names(void **) {
  for (const char *path : {"", ".lock", "wake", "a.lck", "a%2.lock", "a%41.lock", "a b.lock",
                           "a~/b.lock", "%2e.lock", ".x.lock"})
    assert_false(name_of_file(path).has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(urls),
      cmocka_unit_test(plain_names_are_readable),
      cmocka_unit_test(long_names_become_directories),
      cmocka_unit_test(names_come_back_and_are_never_the_same),
      cmocka_unit_test(other_files_are_no_names),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
