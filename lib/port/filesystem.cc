#include "port/filesystem.h"

#include <sys/vfs.h>

#include <cerrno>
#include <cstdint>

namespace repolock::port {

namespace {

struct Known {
  uint32_t magic;
  Filesystem filesystem;
};

// The numbers of statfs(2) and of the kernel's linux/magic.h; some are in no header.
constexpr Known kKnown[] = {
    {0x00006969, {"NFS", true, false}},    {0x0000517B, {"SMB", true, false}},
    {0xFF534D42, {"CIFS", true, false}},   {0xFE534D42, {"SMB2", true, false}},
    {0x5346414F, {"AFS", true, false}},    {0x6B414653, {"AFS", true, false}},
    {0x73757245, {"Coda", true, false}},   {0x0000564C, {"NCP", true, false}},
    {0x00C36400, {"Ceph", true, false}},   {0x65735546, {"FUSE", true, false}},
    {0x01021997, {"9P", true, false}},     {0x0BD00BD0, {"Lustre", true, false}},
    {0x01161970, {"GFS2", true, false}},   {0x7461636F, {"OCFS2", true, false}},
    {0x47504653, {"GPFS", true, false}},   {0x19830326, {"BeeGFS", true, false}},
    {0xAAD7AAEA, {"PanFS", true, false}},  {0x20030528, {"OrangeFS", true, false}},
    {0x786F4256, {"vboxsf", true, false}}, {0xBACBACBC, {"vmhgfs", true, false}},
    {0x01021994, {"tmpfs", false, true}},  {0x858458F6, {"ramfs", false, true}},
    {0x0000EF53, {"ext4", false, false}},  {0x58465342, {"XFS", false, false}},
    {0x9123683E, {"Btrfs", false, false}}, {0x2FC12FC1, {"ZFS", false, false}},
    {0xF2F52010, {"F2FS", false, false}},  {0x794C7630, {"overlayfs", false, false}},
};

}  // namespace

int filesystem_of(int fd, Filesystem *out) {
  struct statfs about {};
  if (fstatfs(fd, &about) != 0) return errno;
  *out = {};
  for (const Known &known : kKnown)
    if (known.magic == static_cast<uint32_t>(about.f_type)) *out = known.filesystem;
  return 0;
}

}  // namespace repolock::port
