// layout.h - the bytes of a lock file and the bytes of it that are locked; README.md tells why.
//
//     0  header, first slot     the slots are written in turn; the newest sound one counts
//   512  header, second slot
//  1024  entries, 4096 of them at most, a ticket's in slot (ticket - base) % 4096
//
// In the byte order of the machine, as kernel locks do not leave it either.
#pragma once

#include <repolock/plugin.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace repolock::backend::file {

using Ticket = uint64_t;

inline constexpr Ticket kTicketEnd = Ticket{1} << 53;  // a fence is below it

inline constexpr size_t kSlotSize = 512;
inline constexpr Ticket kRing = 4096;
inline constexpr int64_t kEntriesAt = 2 * kSlotSize;

// What is locked lies far behind what is stored.
inline constexpr int64_t kSectionByte = 0;
inline constexpr int64_t kTicketBytes = int64_t{1} << 60;

struct Header {
  char magic[8];
  uint32_t version;
  int32_t previous;   // how the last exclusive lease before `first` ended: REPOLOCK_PREVIOUS_*
  uint64_t checksum;  // of this slot with 0 here
  uint64_t sequence;  // of the two slots, one write after the other; after the last number comes 0
  Ticket base;
  Ticket first;    // whatever is before it is over
  Ticket next;     // the next one to be given
  Ticket ceiling;  // on the disk for certain: no ticket that was ever given is as large
  uint64_t fence;  // of the last exclusive lease before `first`
  char boot_id[40];
  uint8_t unused[400];
};
static_assert(sizeof(Header) == kSlotSize);

enum class State : uint8_t {
  kWaiting = 1,
  kGranted = 2,
  kEnded = 3
};

// How far a lease has come: written by its own process alone, at any time.
struct Progress {
  State state;
  uint8_t ended;  // REPOLOCK_PREVIOUS_*; NONE: it gave up before it was granted
  uint8_t unused[6];
  int64_t granted_ms;  // CLOCK_BOOTTIME
  uint64_t fence;
};

struct Entry {
  Ticket ticket;
  Progress progress;
  uint8_t broken;  // written by whoever breaks it, inside the section
  uint8_t shared;
  uint8_t unused[6];
  int64_t pid;
  int64_t pid_start;
  uint64_t pid_namespace;
  int64_t enqueued_ms;
  uint64_t socket;  // of its client: wake/<16 hex digits>; 0: none
  char lease_id[40];
  char host[64];
  char holder[328];

  bool is_granted() const { return progress.state == State::kGranted; }
  bool is_waiting() const { return progress.state == State::kWaiting; }
  // REPOLOCK_PREVIOUS_*, of one that is over; NONE: it never held.
  int32_t outcome() const;
};
static_assert(sizeof(Entry) == kSlotSize);
static_assert(offsetof(Entry, broken) == 32 && offsetof(Entry, holder) == 184);

enum class Soundness {
  kSound,
  kEmpty,
  kDamaged,
  kForeign
};

Header new_header();
// Of two sound ones.
bool is_newer(const Header &header, const Header &than);
void seal(Header &header);  // the checksum
// kForeign: it is of no lock file, or of another version's. kEmpty: all zero.
Soundness soundness_of(const Header &header);

// Into a field and out of it; cut at a whole UTF-8 character, and always with a NUL at its end.
void set_text(char *field, size_t size, std::string_view text);
template <size_t size>
void set_text(char (&field)[size], std::string_view text) {
  set_text(field, size, text);
}

}  // namespace repolock::backend::file
