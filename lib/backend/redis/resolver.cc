#include "backend/redis/resolver.h"

#include <netdb.h>

#include <cstring>
#include <mutex>
#include <new>
#include <system_error>
#include <utility>

#include "port/thread.h"

namespace repolock::backend::redis {

namespace {

constexpr int64_t kPatienceMs = 500;  // with DNS, where there is an earlier answer
constexpr size_t kMostAddresses = 16;

Failure not_found(const std::string &name, int error) {
  return {REPOLOCK_E_UNAVAILABLE, "the name " + name + " leads nowhere (" + gai_strerror(error) +
                                      "); correct it in the URL, or look at this machine's DNS"};
}

}  // namespace

// One name on its way through a thread.
struct Resolver::Lookup {
  std::string name;
  SocketAddresses addresses;
  int error = 0;
};

// What the threads see of it, which may outlive it.
struct Resolver::Shared {
  std::mutex mutex;           // of all here; held while pushing to the client's thread
  Resolver *owner = nullptr;  // nullptr: it is gone
  std::list<Lookup> done;
};

Resolver::Resolver(Host &host, Look look)
    : host_(host),
      look_(look),
      patience_(host, on_patience, this),
      shared_(std::make_shared<Shared>()) {
  patience_.make();
  shared_->owner = this;
}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->owner = nullptr;
}

Fault Resolver::ask(const std::string &name, Asker &asker) {
  collect();
  Name &asked = names_[name];
  if (asked.askers.empty()) asked.asked_ms = host_.now();
  asked.askers.push_back(&asker);
  if (!asked.is_under_way) {
    if (auto fault = start(name); fault && asked.last.empty()) {
      forget(asker);
      return fault;
    }
  }
  if (!asked.last.empty()) be_patient_until(asked.asked_ms + kPatienceMs);
  return std::nullopt;
}

void Resolver::forget(const Asker &asker) {
  for (auto &[name, asked] : names_)
    std::erase_if(asked.askers, [&](const Asker *each) { return each == &asker; });
}

Fault Resolver::start(const std::string &name) {
  std::list<Lookup> lookup;
  lookup.push_back({name, {}, 0});
  lookup.front().addresses.reserve(kMostAddresses);
  try {
    port::start_thread([shared = shared_, look = look_, lookup = std::move(lookup)]() mutable {
      run(*shared, look, lookup);
    });
  } catch (const std::system_error &) {
    return Failure{REPOLOCK_E_UNAVAILABLE,
                   "there is no thread left to look up the name " + name +
                       "; raise the limit of threads (ulimit -u), or write an address of numbers"};
  }
  names_[name].is_under_way = true;
  return std::nullopt;
}

// On a thread of its own.
void Resolver::run(Shared &shared, Look look, std::list<Lookup> &lookup) noexcept {
  Lookup &mine = lookup.front();
  try {
    mine.error = look(mine.name, &mine.addresses);
  } catch (const std::bad_alloc &) {
    mine.error = EAI_MEMORY;
  }
  const std::lock_guard lock(shared.mutex);
  if (shared.owner == nullptr) return;
  shared.done.splice(shared.done.end(), lookup);
  try {
    shared.owner->host_.post(on_done, shared.owner);
  } catch (const std::bad_alloc &) {
    // Whoever asks next collects it.
  }
}

int Resolver::look_up(const std::string &name, SocketAddresses *out) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo *found = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (error != 0) return error;
  const std::unique_ptr<addrinfo, void (*)(addrinfo *)> owner(found, freeaddrinfo);
  for (const addrinfo *each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
    if (out->size() == kMostAddresses) break;
    SocketAddress address;
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
    out->push_back(address);
  }
  return out->empty() ? EAI_NONAME : 0;
}

void Resolver::on_done(void *self) {
  try {
    static_cast<Resolver *>(self)->collect();
  } catch (const std::bad_alloc &) {
    // Who asked is told nothing, and has its own limit.
  }
}

void Resolver::collect() {
  std::list<Lookup> done;
  {
    const std::lock_guard lock(shared_->mutex);
    done.swap(shared_->done);
  }
  for (Lookup &lookup : done) {
    Name &asked = names_.find(lookup.name)->second;
    asked.is_under_way = false;
    if (lookup.error == 0) asked.last = std::move(lookup.addresses);
  }
  for (const Lookup &lookup : done) {
    Name &asked = names_.find(lookup.name)->second;
    if (asked.askers.empty()) continue;
    if (asked.last.empty())
      answer(asked, not_found(lookup.name, lookup.error));
    else
      answer(asked, asked.last);
  }
}

// Each is taken out first: it may ask again, or forget.
void Resolver::answer(Name &name, const Result<SocketAddresses> &addresses) {
  while (!name.askers.empty()) {
    Asker *asker = name.askers.back();
    name.askers.pop_back();
    asker->found(addresses);
  }
}

void Resolver::on_patience(void *self) {
  try {
    static_cast<Resolver *>(self)->answer_impatient();
  } catch (const std::bad_alloc &) {
    // As above.
  }
}

void Resolver::answer_impatient() {
  patient_until_ = INT64_MAX;
  const int64_t now = host_.now();
  for (auto &[name, asked] : names_) {
    if (asked.askers.empty() || asked.last.empty()) continue;
    if (asked.asked_ms + kPatienceMs <= now)
      answer(asked, asked.last);
    else
      be_patient_until(asked.asked_ms + kPatienceMs);
  }
}

void Resolver::be_patient_until(int64_t at_ms) {
  if (at_ms >= patient_until_) return;
  patient_until_ = at_ms;
  patience_.set(at_ms);
}

}  // namespace repolock::backend::redis
