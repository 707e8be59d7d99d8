#include "backend/file/queue_file.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace repolock::backend::file {

namespace {

int64_t offset_of(Ticket slot) {
  return kEntriesAt + static_cast<int64_t>(slot * sizeof(Entry));
}

// What comes from a file is not to be trusted with its ends.
void close_texts(Entry &entry) {
  entry.lease_id[sizeof entry.lease_id - 1] = '\0';
  entry.host[sizeof entry.host - 1] = '\0';
  entry.holder[sizeof entry.holder - 1] = '\0';
}

}  // namespace

Result<Soundness> QueueFile::read() {
  // A reader outside the section may meet a slot that is just being written. The other one is whole
  // then, unless the writer was quick enough to come to it meanwhile; so it looks again.
  constexpr int kLooks = 8;
  Soundness worst = Soundness::kEmpty;
  for (int look = 0; look < kLooks; ++look) {
    Header slots[2] = {};
    const iovec parts[] = {{slots, sizeof slots}, {few_, sizeof few_}};
    const ssize_t size = preadv(fd_, parts, 2, 0);
    if (size < 0) return failure_of(errno, "read", path_);
    keep(few_, 0, kFew, size - kEntriesAt);
    const size_t newer = is_newer(slots[1], slots[0]) ? 1 : 0;
    for (const size_t slot : {newer, 1 - newer}) {
      const Soundness soundness = soundness_of(slots[slot]);
      if (soundness == Soundness::kSound) {
        header_ = slots[slot];
        newest_ = slot;
        older_ = slots[1 - slot];
        return Soundness::kSound;
      }
      worst = std::max(worst, soundness);
    }
    if (worst == Soundness::kEmpty) break;
  }
  return worst;
}

bool QueueFile::is_torn() const {
  return soundness_of(older_) != Soundness::kSound;
}

// What could not be read is as if nothing had ever been there.
void QueueFile::keep(Entry *block, Ticket at, Ticket size, ssize_t bytes) {
  const Ticket whole = bytes <= 0 ? 0 : static_cast<Ticket>(bytes) / sizeof(Entry);
  for (Ticket i = 0; i < size; ++i) {
    if (i >= whole) block[i] = {};
    close_texts(block[i]);
  }
  block_ = block;
  block_at_ = at;
  block_size_ = size;
}

const Entry &QueueFile::slot(Ticket slot) {
  if (slot < block_at_ || slot >= block_at_ + block_size_) {
    const bool is_first = block_size_ == 0;
    if (!is_first && !many_) many_ = std::make_unique_for_overwrite<Entry[]>(kMany);
    Entry *block = is_first ? few_ : many_.get();
    const Ticket size = is_first ? kFew : kMany;
    const Ticket at = slot - slot % size;
    keep(block, at, size, pread(fd_, block, size * sizeof(Entry), offset_of(at)));
  }
  return block_[slot - block_at_];
}

Ticket QueueFile::slot_count() const {
  struct stat about {};
  if (fstat(fd_, &about) != 0 || about.st_size <= kEntriesAt) return 0;
  return std::min<Ticket>(kRing, static_cast<Ticket>(about.st_size - kEntriesAt) / sizeof(Entry));
}

const Entry *QueueFile::entry_in(Ticket slot, Ticket ticket) {
  const Entry &found = this->slot(slot);
  return found.ticket == ticket ? &found : nullptr;
}

Fault QueueFile::write_header() {
  ++header_.sequence;
  seal(header_);
  const size_t slot = 1 - newest_;
  Fault fault = write(&header_, sizeof header_, static_cast<int64_t>(slot * kSlotSize));
  if (!fault) newest_ = slot;
  return fault;
}

Fault QueueFile::write_entry(Ticket slot, const Entry &entry) {
  forget();
  return write(&entry, sizeof entry, offset_of(slot));
}

Fault QueueFile::write_progress(Ticket slot, const Progress &progress) {
  forget();
  return write(&progress, sizeof progress, offset_of(slot) + int64_t{offsetof(Entry, progress)});
}

Fault QueueFile::write_end(Ticket slot, int32_t ended) {
  forget();
  static_assert(offsetof(Progress, state) == 0 && offsetof(Progress, ended) == 1);
  const uint8_t end[] = {static_cast<uint8_t>(State::kEnded), static_cast<uint8_t>(ended)};
  return write(end, sizeof end, offset_of(slot) + int64_t{offsetof(Entry, progress)});
}

Fault QueueFile::write_broken(Ticket slot) {
  forget();
  const uint8_t broken = 1;
  return write(&broken, sizeof broken, offset_of(slot) + int64_t{offsetof(Entry, broken)});
}

Fault QueueFile::sync() {
  if (fdatasync(fd_) != 0) return failure_of(errno, "make safe on disk", path_);
  return std::nullopt;
}

Fault QueueFile::write(const void *data, size_t size, int64_t offset) {
  const ssize_t written = pwrite(fd_, data, size, offset);
  if (written == static_cast<ssize_t>(size)) return std::nullopt;
  return failure_of(written < 0 ? errno : ENOSPC, "write", path_);
}

}  // namespace repolock::backend::file
