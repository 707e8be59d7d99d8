// On which file systems the file backend agrees to work. Most of them cannot be had here: this
// program's own fstatfs stands before the C library's, so the product needs no door for it.
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "backend/file/file.h"
#include "support/backend_driver.h"
#include "support/lock_directory.h"

#include "support/cmocka.h"

namespace {

long g_type = 0;  // 0: what it is
int g_error = 0;

}  // namespace

extern "C" int fstatfs(int fd, struct statfs *out) noexcept {
  if (g_error != 0) {
    errno = g_error;
    return -1;
  }
  const long result = syscall(SYS_fstatfs, fd, out);
  if (result == 0 && g_type != 0) out->f_type = g_type;
  return static_cast<int>(result);
}

namespace {

using namespace repolock::testing;
using repolock::backend::file::init;

repolock_status_t open_on(long type, std::string *error) {
  LockDirectory directory;
  BackendDriver driver;
  g_type = type;
  const auto status = driver.open(init, directory.url());
  g_type = 0;
  *error = driver.open_error();
  if (status != REPOLOCK_OK && error->find(directory.path().string()) == std::string::npos)
    *error += " (and it does not name the directory)";
  return status;
}

void refuses_what_other_hosts_share(void **) {
  const struct {
    long type;
    const char *name;
  } remote[] = {{0x6969, "NFS"},      {0xFF534D42, "CIFS"},   {0xFE534D42, "SMB2"},
                {0x517B, "SMB"},      {0x65735546, "FUSE"},   {0x01021997, "9P"},
                {0x00C36400, "Ceph"}, {0x0BD00BD0, "Lustre"}, {0x5346414F, "AFS"},
                {0x73757245, "Coda"}, {0x01161970, "GFS2"},   {0x7461636F, "OCFS2"}};
  for (const auto &[type, name] : remote) {
    std::string error;
    assert_int_equal(open_on(type, &error), REPOLOCK_E_MISCONFIGURED);
    assert_true(error.find(std::string(" on ") + name) != std::string::npos);
    assert_true(error.find("file:///dir") != std::string::npos);
    assert_true(error.find("does not name") == std::string::npos);
  }
}

void takes_what_is_local(void **) {
  for (const long type : {0xEF53L, 0x01021994L, 0x58465342L, 0x9123683EL, 0x794C7630L, 0x12345L}) {
    std::string error;
    assert_int_equal(open_on(type, &error), REPOLOCK_OK);
  }
}

void says_so_if_it_cannot_tell(void **) {
  std::string error;
  g_error = EIO;
  assert_int_equal(open_on(0, &error), REPOLOCK_E_IO);
  g_error = 0;
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(refuses_what_other_hosts_share),
      cmocka_unit_test(takes_what_is_local),
      cmocka_unit_test(says_so_if_it_cannot_tell),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
