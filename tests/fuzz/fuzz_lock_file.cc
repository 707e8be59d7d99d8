// The lock file: whatever its bytes are, looking at it harms nothing, what is foreign stays as it is,
// and a new ticket is larger than all that a sound header, or any entry, tells of.
//
// An input is a byte that says which header slots get a good magic and checksum (nothing behind a
// checksum would be seen otherwise) and whether their tickets are put in order, a byte for the ticket
// that a neighbour holds, then the file.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <variant>

#include "backend/file/queue.h"
#include "fuzz.h"
#include "port/file_lock.h"

namespace {

using namespace repolock::backend::file;  // NOLINT(google-build-using-namespace): one room
using repolock::fuzz::must;

constexpr char kBoot[] = "5f6c1c2e-0b1e-4c2a-9d5f-0123456789ab";
constexpr size_t kLargest = size_t{64} << 10;

// One description of the file, with locks of its own, as each process has.
struct Opened {
  explicit Opened(int file)
      : fd(open(("/proc/self/fd/" + std::to_string(file)).c_str(), O_RDWR | O_CLOEXEC)) {
    must(fd >= 0, "the file can be opened again");
  }
  ~Opened() { close(fd); }
  Opened(const Opened &) = delete;
  Opened &operator=(const Opened &) = delete;
  int fd;
};

void put_in_order(Header &header) {
  Ticket told[] = {header.fence, header.base, header.first, header.next, header.ceiling};
  for (Ticket &ticket : told) ticket %= kTicketEnd;
  std::ranges::sort(told);
  header.fence = told[0];
  header.base = told[1] + 1;
  header.first = std::max(header.base, told[2]);
  header.next = std::max(header.first, told[3]);
  header.ceiling = std::max(header.next, told[4]);
}

void make_sound(std::string &bytes, size_t slot, bool in_order) {
  if (bytes.size() < (slot + 1) * kSlotSize) bytes.resize((slot + 1) * kSlotSize);
  Header header;
  std::memcpy(&header, bytes.data() + slot * kSlotSize, sizeof header);
  const Header good = new_header();
  std::memcpy(header.magic, good.magic, sizeof good.magic);
  header.version = good.version;
  header.boot_id[sizeof header.boot_id - 1] = '\0';
  if (in_order) put_in_order(header);
  seal(header);
  std::memcpy(bytes.data() + slot * kSlotSize, &header, sizeof header);
}

void look_around(Queue &queue) {
  const auto looked = queue.look();
  if (!std::holds_alternative<bool>(looked) || !std::get<bool>(looked)) return;
  const Header seen = queue.header();
  queue.before(seen.next);
  queue.is_free(seen.first, seen.next, false);
  queue.is_free(seen.first, seen.next, true);
  Ticket last = 0;
  queue.visit(seen.first, seen.next, [&](const Entry &entry) {
    must(entry.ticket > last || last == 0, "tickets come in order");
    must(entry.ticket >= seen.first && entry.ticket < seen.next, "a ticket of the queue");
    must(std::strlen(entry.holder) < sizeof entry.holder, "texts have an end");
    queue.counts(entry);
    last = entry.ticket;
    return true;
  });
}

// The largest ticket that was ever given, by the header; and by the entries, where that may be old.
Ticket largest_told(int fd) {
  QueueFile file(fd, "told");
  const auto read = file.read();
  if (!std::holds_alternative<Soundness>(read)) return 0;
  const bool is_sound = std::get<Soundness>(read) == Soundness::kSound;
  Ticket largest = is_sound && file.header().next > 0 ? file.header().next - 1 : 0;
  if (is_sound && !file.is_torn()) return largest;
  for (Ticket slot = 0; slot < file.slot_count(); ++slot)
    if (file.slot(slot).ticket < kTicketEnd) largest = std::max(largest, file.slot(slot).ticket);
  return largest;
}

void enter(Queue &queue, const Opened &neighbour) {
  const Ticket told = largest_told(neighbour.fd);
  const auto found = queue.prepare(kBoot);
  if (const auto *failure = std::get_if<repolock::backend::Failure>(&found)) {
    must(!failure->message.empty(), "a failure has words");
    return;
  }
  Entry entry{};
  set_text(entry.lease_id, "fuzz");
  Ticket slot = 0;
  if (const auto fault = queue.append(entry, &slot)) {
    must(!fault->message.empty(), "a fault has words");
    return;
  }
  must(entry.ticket > told, "a fence only grows");
  Queue other(neighbour.fd, "other");
  must(!other.look_again(), "the header is sound");
  const Entry *written = other.file().entry_in(slot, entry.ticket);
  must(written != nullptr && std::string(written->lease_id) == "fuzz", "the entry is there");
  must(other.header().next == entry.ticket + 1, "it is the last one");
  must(other.is_alive(entry.ticket), "its byte is locked");
}

std::string content_of(int fd) {
  std::string bytes(kLargest + 1, '\0');
  const ssize_t size = pread(fd, bytes.data(), bytes.size(), 0);
  bytes.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2 || size - 2 > kLargest) return 0;
  static const int kFile = memfd_create("fuzz", MFD_CLOEXEC);
  std::string bytes(repolock::fuzz::text_of(data + 2, size - 2));
  for (size_t slot = 0; slot < 2; ++slot)
    if ((data[0] >> slot & 1) != 0) make_sound(bytes, slot, (data[0] >> 2 & 1) != 0);
  must(ftruncate(kFile, 0) == 0, "the file can be emptied");
  must(pwrite(kFile, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
       "filled");

  const Opened ours(kFile);
  const Opened neighbour(kFile);
  Queue queue(ours.fd, "fuzz");
  look_around(queue);
  must(content_of(kFile) == bytes, "looking changes nothing");
  if (data[1] != 0 && queue.header().first < kTicketEnd - 256)
    repolock::port::try_lock_byte(neighbour.fd, byte_of(queue.header().first + data[1] - 1),
                                  repolock::port::FileLock::kExclusive);
  const auto looked = queue.look();
  enter(queue, neighbour);
  if (std::holds_alternative<repolock::backend::Failure>(looked))
    must(content_of(kFile) == bytes, "what is foreign stays as it is");
  return 0;
}
