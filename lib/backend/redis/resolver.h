// resolver.h - from the name of a server to its addresses, without waiting for DNS.
//
// getaddrinfo may hang for minutes, and nothing ends it. So each name is looked up on a thread of its
// own, one at a time, which nobody waits for: if it comes back after the resolver is gone, it finds
// that out and ends. A name that was found once stays usable while DNS is away.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/host/failure.h"
#include "backend/host/host.h"
#include "backend/redis/socket.h"

namespace repolock::backend::redis {

// One for all connections of a client; on the client's thread, and until the backend's close.
class Resolver {
 public:
  class Asker {
   public:
    // Throws nothing. The ports are 0.
    virtual void found(const Result<SocketAddresses> &addresses) noexcept = 0;

   protected:
    ~Asker() = default;
  };

  // Stands for getaddrinfo; called on any thread. 0, or its error.
  using Look = int (*)(const std::string &name, SocketAddresses *out);

  explicit Resolver(Host &host, Look look = look_up);  // throws std::bad_alloc
  ~Resolver();                                         // tells nobody
  Resolver(const Resolver &) = delete;
  Resolver &operator=(const Resolver &) = delete;

  // Answers later, once; never, where memory runs out then: who asks has a limit of its own. A fault:
  // it cannot be looked up now, and there will be no answer. Throws std::bad_alloc.
  Fault ask(const std::string &name, Asker &asker);
  void forget(const Asker &asker);  // it is not answered any more

 private:
  struct Shared;
  struct Lookup;
  struct Name {
    SocketAddresses last;  // the newest that were found
    bool is_under_way = false;
    int64_t asked_ms = 0;  // by the one who waits longest
    std::vector<Asker *> askers;
  };

  static int look_up(const std::string &name, SocketAddresses *out);
  static void run(Shared &shared, Look look, std::list<Lookup> &lookup) noexcept;
  static void on_done(void *self);
  static void on_patience(void *self);
  Fault start(const std::string &name);
  void collect();
  static void answer(Name &name, const Result<SocketAddresses> &addresses);
  void answer_impatient();
  void be_patient_until(int64_t at_ms);

  Host &host_;
  Look look_;
  std::map<std::string, Name> names_;
  Timer patience_;
  int64_t patient_until_ = INT64_MAX;
  std::shared_ptr<Shared> shared_;
};

}  // namespace repolock::backend::redis
