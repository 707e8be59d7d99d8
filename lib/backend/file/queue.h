// queue.h - the queue of one name, seen through one descriptor of its file.
//
// Tickets stand in a line; each living one has its byte locked, exclusive or shared, by a descriptor
// of its own. What is asked here is asked of the kernel, and of entries only where it does not know:
// a descriptor does not see its own locks, so a ticket may ask who is before it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/file/queue_file.h"

namespace repolock::backend::file {

class Queue {
 public:
  Queue(int fd, std::string path) : file_(fd, std::move(path)) {}

  QueueFile &file() { return file_; }
  const Header &header() const { return file_.header(); }

  // ---- Anywhere. First of all look(), which reads the file afresh. ----

  // Whether there is a queue to look at: not in a file that was just made, or was damaged.
  Result<bool> look();
  // The same, where there must be one.
  Fault look_again();

  // Whether nobody who is alive and not broken is in the way of such a lease with that ticket.
  // first: from an earlier look; everything before it was over by then.
  bool is_free(Ticket first, Ticket ticket, bool shared);
  // The sockets of those who were passed over, because somebody has broken them, and do not know it.
  const std::vector<uint64_t> &broken() const { return broken_; }
  // By its byte. Of one's own ticket: false.
  bool is_alive(Ticket ticket);
  // Alive, and nobody has broken it.
  bool counts(const Entry &entry) { return entry.broken == 0 && is_alive(entry.ticket); }

  // How the last exclusive lease before that ticket ended, and its fence. All before it are over.
  struct Before {
    int32_t previous;
    uint64_t fence;
  };
  Before before(Ticket ticket);

  // Calls each(entry) for the tickets of [from, to) in order, as far as they have an entry, until
  // it returns false. backwards: the other way round.
  template <class Each>
  void visit(Ticket from, Ticket to, Each each, bool backwards = false) {
    if (from < header().first) from = header().first;
    if (to > header().next) to = header().next;
    if (from >= to) return;
    const bool is_long = to - from > kRing;
    const std::vector<Ticket> tickets = is_long ? tickets_in(from, to) : std::vector<Ticket>{};
    const Ticket count = is_long ? tickets.size() : to - from;
    for (Ticket i = 0; i < count; ++i) {
      const Ticket at = backwards ? count - 1 - i : i;
      const Entry *found = file_.entry(is_long ? tickets[at] : from + at);
      if (found == nullptr) continue;
      const Entry entry = *found;  // each() may read others
      if (!each(entry)) return;
    }
  }

  // ---- Inside the section only. First of all prepare(). ----

  enum class Found {
    kSound,
    kNew,
    kDamaged
  };
  // Looks, and makes sound what is not: after a restart of the machine, after damage, or because
  // the file is new; then its own name is to be made safe on the disk before append(). Then puts
  // `first` behind those who are over.
  Result<Found> prepare(const std::string &boot_id);
  // Whether the next ticket would be free at once.
  bool next_is_free(bool shared);
  // Puts entry at the end of the queue, with a ticket whose byte is then locked. Of an exclusive
  // lease the ticket is the fence.
  Fault append(Entry &entry, Ticket *slot);
  Fault mark_broken(const Entry &entry) { return file_.write_broken(file_.slot_of(entry.ticket)); }

 private:
  Failure foreign() const;
  std::vector<Ticket> tickets_in(Ticket from, Ticket to);
  Ticket lowest_alive(Ticket from, Ticket to);
  Ticket highest_ticket();
  int32_t outcome_of(const Entry &over);
  void note(const Entry &over);
  void retire();
  Fault renew(bool is_sound, const std::string &boot_id);
  Fault raise_ceiling();
  bool is_slot_free(Ticket ticket);

  QueueFile file_;
  std::vector<uint64_t> broken_;
};

// The byte of a ticket, for the kernel.
int64_t byte_of(Ticket ticket);

}  // namespace repolock::backend::file
