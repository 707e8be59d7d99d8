// queue_change.cc - inside the section: the queue is made sound, and gets longer.
#include <algorithm>
#include <cerrno>
#include <ctime>

#include "backend/file/queue.h"
#include "port/file_lock.h"

namespace repolock::backend::file {

namespace {

// So many tickets for one write to the disk.
constexpr Ticket kCeilingStep = Ticket{1} << 20;

// A file that was lost, or that lost its ceiling, starts above all that it ever gave: nobody takes
// a million tickets a second. 0: a clock that is out of the question.
Ticket ticket_of_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const int64_t us = static_cast<int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  return us > 0 && us < static_cast<int64_t>(kTicketEnd / 2) ? static_cast<Ticket>(us) : 0;
}

}  // namespace

Result<Queue::Found> Queue::prepare(const std::string &boot_id) {
  const auto read = file_.read();
  if (const auto *failure = std::get_if<Failure>(&read)) return *failure;
  const Soundness soundness = std::get<Soundness>(read);
  if (soundness == Soundness::kForeign) return foreign();
  const bool is_sound = soundness == Soundness::kSound;
  if (!is_sound || file_.is_torn() || header().boot_id != boot_id) {
    // Whoever holds or waits here is of this boot, whatever the header says.
    const bool is_in_use = lowest_alive(0, kTicketEnd) != kTicketEnd;
    if (is_in_use && !is_sound)
      return Failure{REPOLOCK_E_IO, "the header of " + file_.path() +
                                        " is damaged while somebody holds or waits there; it is "
                                        "made anew as soon as they are gone"};
    if (!is_in_use)
      if (auto fault = renew(is_sound, boot_id)) return *fault;
  }
  if (file_.is_torn()) file_.header().next = std::max(header().next, highest_ticket() + 1);
  retire();
  if (soundness == Soundness::kEmpty) return Found::kNew;
  return is_sound ? Found::kSound : Found::kDamaged;
}

Ticket Queue::lowest_alive(Ticket from, Ticket to) {
  while (from < to) {
    int64_t found = 0;
    const int error =
        port::find_lock(file_.fd(), byte_of(from), byte_of(to), port::FileLock::kExclusive, &found);
    if (error != 0) return from;
    if (found < 0) break;
    // The kernel tells of some lock, nearly always the lowest.
    const Ticket other = static_cast<Ticket>(found - kTicketBytes);
    if (other <= from) return from;
    const Ticket lower = lowest_alive(from, other);
    return lower < other ? lower : other;
  }
  return to;
}

Ticket Queue::highest_ticket() {
  Ticket highest = 0;
  for (Ticket slot = 0; slot < file_.slot_count(); ++slot) {
    const Ticket ticket = file_.slot(slot).ticket;
    if (ticket < kTicketEnd) highest = std::max(highest, ticket);
  }
  return highest;
}

void Queue::note(const Entry &over) {
  const int32_t outcome = over.shared != 0 ? REPOLOCK_PREVIOUS_NONE : outcome_of(over);
  if (outcome == REPOLOCK_PREVIOUS_NONE) return;
  file_.header().previous = outcome;
  file_.header().fence = over.ticket;
}

// Puts `first` behind those who are over, and `next` behind all that the kernel knows of: a header
// that is one write old, because the newest one was lost, has less than there is.
void Queue::retire() {
  Header &header = file_.header();
  Ticket alive = lowest_alive(header.first, kTicketEnd);
  for (Ticket last = alive; last != kTicketEnd; last = lowest_alive(header.next, kTicketEnd))
    header.next = std::max(header.next, last + 1);
  for (;;) {
    alive = std::min(alive, header.next);
    visit(header.first, alive, [this](const Entry &entry) {
      note(entry);
      return true;
    });
    header.first = alive;
    if (alive == header.next) break;
    const Entry *entry = file_.entry(alive);
    if (entry == nullptr || entry->broken == 0) return;
    note(*entry);
    broken_.push_back(entry->socket);
    alive = lowest_alive(++header.first, header.next);
  }
  header.base = header.first;  // an empty queue begins at the front of the file again
}

Fault Queue::renew(bool is_sound, const std::string &boot_id) {
  Header &header = file_.header();
  Ticket next = ticket_of_clock();
  if (is_sound) {
    retire();
    next = std::max({next, header.next, header.ceiling});
  } else {
    header = new_header();
    next = std::max(next, highest_ticket() + 1);
  }
  header.fence = next++;  // of shared leases: what the file says of the last one may be old
  header.base = header.first = header.next = next;
  set_text(header.boot_id, boot_id);
  return raise_ceiling();
}

Fault Queue::raise_ceiling() {
  Header &header = file_.header();
  if (header.next >= kTicketEnd - kCeilingStep)
    return Failure{REPOLOCK_E_IO, file_.path() +
                                      " has given its last ticket; remove it when nobody "
                                      "holds or waits there"};
  header.ceiling = header.next + kCeilingStep;
  for (int slot = 0; slot < 2; ++slot)  // whichever of them survives a power cut
    if (auto fault = file_.write_header()) return fault;
  return file_.sync();
}

bool Queue::next_is_free(bool shared) {
  if (header().first == header().next) return true;
  if (!shared) return false;  // the first one is alive
  const Header prepared = header();
  const bool result = is_free(prepared.first, prepared.next, true);
  file_.header() = prepared;  // is_free() may have looked
  return result;
}

// The ring has to hold the living only. Where the queue is longer than the ring, those who are over
// in its middle make room, and a number whose slot has none is left out. An exclusive lease that is
// over keeps its slot until `first` has passed it: what became of it is still to be noted.
bool Queue::is_slot_free(Ticket ticket) {
  if (ticket - header().first < kRing) return true;
  const Entry entry = file_.slot(file_.slot_of(ticket));
  if (entry.ticket < header().first || entry.ticket >= header().next) return true;
  if (counts(entry)) return false;
  return entry.shared != 0 || outcome_of(entry) == REPOLOCK_PREVIOUS_NONE;
}

Fault Queue::append(Entry &entry, Ticket *slot) {
  Header &header = file_.header();
  const auto kind = entry.shared != 0 ? port::FileLock::kShared : port::FileLock::kExclusive;
  const Ticket start = header.next;
  for (; header.next < start + kRing; ++header.next) {
    if (header.next >= header.ceiling)
      if (auto fault = raise_ceiling()) return fault;
    if (!is_slot_free(header.next)) continue;
    const int error = port::try_lock_byte(file_.fd(), byte_of(header.next), kind);
    // A child of one who was killed right here may have that byte: it is nobody's ticket.
    if (error == EAGAIN) continue;
    if (error != 0) return failure_of(error, "lock", file_.path());
    entry.ticket = header.next++;
    if (entry.shared == 0) entry.progress.fence = entry.ticket;
    *slot = file_.slot_of(entry.ticket);
    Fault fault = file_.write_entry(*slot, entry);
    if (!fault) fault = file_.write_header();
    if (fault) port::unlock_byte(file_.fd(), byte_of(entry.ticket));
    return fault;
  }
  return Failure{REPOLOCK_E_UNAVAILABLE,
                 std::to_string(kRing) + " hold or wait for " + file_.path() +
                     " already, more than it has room for; try again later"};
}

}  // namespace repolock::backend::file
