#include "port/library.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace repolock::port {

namespace {

// The beginning of the header, which is the same for 32 and 64 bits.
struct Target {
  unsigned char ident[EI_NIDENT];
  uint16_t type, machine;
};

std::string words(const Target &target) {
  static constexpr struct {
    uint16_t machine;
    const char *name;
  } kNames[] = {{EM_X86_64, "x86-64"}, {EM_386, "i386"},       {EM_AARCH64, "aarch64"},
                {EM_ARM, "arm"},       {EM_RISCV, "riscv"},    {EM_PPC64, "ppc64"},
                {EM_S390, "s390"},     {EM_LOONGARCH, "loong"}};
  std::string name = "machine " + std::to_string(target.machine);
  for (const auto &known : kNames)
    if (known.machine == target.machine) name = known.name;
  name += target.ident[EI_CLASS] == ELFCLASS32 ? ", 32 bits" : ", 64 bits";
  return name + (target.ident[EI_DATA] == ELFDATA2MSB ? ", big-endian" : "");
}

// Of this code itself.
const Target *own_target() {
  static const char kHere = 0;
  Dl_info info;
  if (dladdr(&kHere, &info) == 0) return nullptr;
  const auto *own = static_cast<const Target *>(info.dli_fbase);
  return std::memcmp(own->ident, ELFMAG, SELFMAG) == 0 ? own : nullptr;
}

template <class Struct>
bool read_at(int fd, size_t offset, Struct *out) {
  return pread(fd, out, sizeof *out, static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(sizeof *out);
}

// How long the file must be for all of it that will be mapped.
size_t mapped_end(int fd) {
  size_t end = SIZE_MAX;
  ElfW(Ehdr) header;
  if (!read_at(fd, 0, &header)) return end;
  end = 0;
  for (size_t i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) part;
    if (!read_at(fd, header.e_phoff + i * sizeof part, &part)) return SIZE_MAX;
    if (part.p_type == PT_LOAD) end = std::max<size_t>(end, part.p_offset + part.p_filesz);
  }
  return end;
}

// What the dynamic linker does not tell: of another machine's library it says "no such file", and one
// that was cut off ends the process.
std::string fault_of(int fd) {
  Target theirs;
  struct stat file {};
  if (!read_at(fd, 0, &theirs) || std::memcmp(theirs.ident, ELFMAG, SELFMAG) != 0)
    return "is no shared library";
  const Target *own = own_target();
  if (own != nullptr &&
      (std::memcmp(own->ident, theirs.ident, EI_DATA + 1) != 0 || own->machine != theirs.machine))
    return "is built for " + words(theirs) + ", and this program for " + words(*own) +
           "; install the one for this machine";
  if (fstat(fd, &file) != 0 || static_cast<size_t>(file.st_size) < mapped_end(fd))
    return "is cut off; install it again, in one piece";
  return "";
}

// "/lib/x.so: undefined symbol: y" without its beginning.
std::string reason(const std::string &path) {
  const char *told = dlerror();
  const std::string text = told == nullptr ? "no reason is known" : told;
  return text.starts_with(path + ": ") ? text.substr(path.size() + 2) : text;
}

}  // namespace

void *load_library(const std::string &path, std::string &error) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  error = fd < 0 ? std::string("cannot be read: ") + std::strerror(errno) : fault_of(fd);
  if (fd >= 0) close(fd);
  if (!error.empty()) return nullptr;
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) error = "cannot be loaded: " + reason(path);
  return library;
}

void *find_function(void *library, const char *name) {
  return dlsym(library, name);
}

}  // namespace repolock::port
