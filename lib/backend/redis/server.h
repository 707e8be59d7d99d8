// server.h - one server of a client: a connection for commands, one for messages, and what is still to
// be let go of there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/redis/lease.h"
#include "backend/redis/node.h"
#include "backend/redis/subscriber.h"

namespace repolock::backend::redis {

// Makes the connections of a client. out_of_memory: the connection lacked memory, was dropped, and
// comes back; nobody was told of what was under way.
using Connect = std::function<std::unique_ptr<Connection>(const Endpoint &server,
                                                          std::function<void()> out_of_memory)>;

class Server final : private Node::Listener, private Subscriber::Listener {
 public:
  class Owner {
   public:
    virtual void server_changed(Server &server) = 0;
    virtual Fault object_to(const Server &server, const Info &info) = 0;
    virtual void guard_missing() = 0;
    virtual uint64_t next_event() = 0;
    virtual void subscribed(Server &server) = 0;
    virtual void told(Server &server, const std::string &text) = 0;
    virtual void server_out_of_memory(Server &server) = 0;
    virtual void guarded_by(const std::function<void()> &body) = 0;  // no exception passes it

   protected:
    ~Owner() = default;
  };

  Server(Host &host, const Settings &settings, size_t index, const std::string &channel,
         const Connect &connect, Owner &owner);
  Server(const Server &) = delete;
  Server &operator=(const Server &) = delete;

  Node &node() { return node_; }
  const Node &node() const { return node_; }
  Subscriber &subscriber() { return subscriber_; }
  const std::string &name() const { return node_.name(); }
  size_t index() const { return index_; }

  // Lets go of one round of a lease, now or as soon as the server can be asked again. ended: as which
  // it ended, 0 if it had not been obtained. found: see REL.
  void let_go(const LeasePtr &lease, int32_t ended, uint64_t fence, const std::string &found,
              std::function<void(const Outcome &)> on_outcome = {});

 private:
  struct Orphan {
    LeasePtr lease;
    int32_t ended;
    uint64_t fence;
    int64_t until_ms;  // it has ended by itself then
  };

  void node_changed() override;
  Fault object_to(const Info &info) override { return owner_.object_to(*this, info); }
  void guard_missing() override { owner_.guard_missing(); }
  uint64_t next_event() override { return owner_.next_event(); }
  void guarded_by(const std::function<void()> &body) override { owner_.guarded_by(body); }
  void subscribed() override { owner_.subscribed(*this); }
  void told(const std::string &text) override { owner_.told(*this, text); }
  void let_go_of_orphans();

  Host &host_;
  const Settings &settings_;
  const size_t index_;
  Owner &owner_;
  Node node_;
  Subscriber subscriber_;
  std::vector<Orphan> orphans_;
};

}  // namespace repolock::backend::redis
