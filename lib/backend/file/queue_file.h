// queue_file.h - reads and writes a lock file: its header, and entries as they are asked for.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "backend/file/failure.h"
#include "backend/file/layout.h"

namespace repolock::backend::file {

// What was read is kept until the next read(). Not closed with it: fd is borrowed.
class QueueFile {
 public:
  // path: for messages.
  QueueFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  // The header afresh, and with it the entries that stand next to it. Unless it says kSound, header()
  // is what it was.
  Result<Soundness> read();

  int fd() const { return fd_; }
  const std::string &path() const { return path_; }
  // One slot was not sound: header() may be one write old.
  bool is_torn() const;
  const Header &header() const { return header_; }
  Header &header() { return header_; }

  // Where the entry of a ticket is, by the header.
  Ticket slot_of(Ticket ticket) const { return (ticket - header_.base) % kRing; }
  // Nothing where the slot has another ticket's by now, or cannot be read.
  // What is given is good until the next call.
  const Entry *entry(Ticket ticket) { return entry_in(slot_of(ticket), ticket); }
  const Entry *entry_in(Ticket slot, Ticket ticket);
  // Whatever is in that slot; its ticket is 0 where nothing ever was.
  const Entry &slot(Ticket slot);
  // So many slots are in the file by now.
  Ticket slot_count() const;

  // What was read of entries may be out of date.
  void forget() { block_size_ = 0; }

  // Inside the section only: to the older slot, with the next sequence.
  Fault write_header();
  Fault write_entry(Ticket slot, const Entry &entry);
  Fault write_broken(Ticket slot);
  // By the lease's own process only.
  Fault write_progress(Ticket slot, const Progress &progress);
  Fault write_end(Ticket slot, int32_t ended);
  Fault sync();

 private:
  // Entries that stand together are read together: a few with the header, which is all that most
  // looks need, and then many at once.
  static constexpr Ticket kFew = 8;
  static constexpr Ticket kMany = 64;

  void keep(Entry *block, Ticket at, Ticket size, ssize_t bytes);
  Fault write(const void *data, size_t size, int64_t offset);

  int fd_;
  std::string path_;
  Header header_{};
  Header older_{};     // the other slot, whatever is in it
  size_t newest_ = 1;  // the slot that header_ is from
  Entry few_[kFew];
  std::unique_ptr<Entry[]> many_;
  const Entry *block_ = few_;
  Ticket block_at_ = 0;  // the slot of its first entry
  Ticket block_size_ = 0;
};

}  // namespace repolock::backend::file
