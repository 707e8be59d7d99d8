// subscriber.h - hears what one server tells this client, on a connection of its own.
//
// Nothing depends on it (README.md, "Why no wake-up is lost"): where it is denied or cut off, waiters
// find out by asking.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/host/host.h"
#include "backend/redis/connection.h"

namespace repolock::backend::redis {

class Subscriber final : private Connection::Listener {
 public:
  class Listener {
   public:
    virtual void subscribed() = 0;  // what was told before may have been missed
    virtual void told(const std::string &text) = 0;

   protected:
    ~Listener() = default;
  };

  Subscriber(Host &host, std::string server, std::string channel,
             std::unique_ptr<Connection> connection, Listener &listener);

  void open();  // once is enough
  // Calls back, at once or when it is known, with what is in the way of hearing anything.
  void check(std::function<void(const Fault &)> on_known);
  // Is the other side still there? If not, that is noticed within the time of an answer.
  void ping();
  void out_of_memory();  // the connection was dropped, and who had asked is forgotten

 private:
  void connected() override;
  void disconnected(const Failure &why) override;
  void known(const Fault &fault);
  void message(const std::string &channel, const std::string &text) override;

  Host &host_;
  const std::string server_;
  const std::string channel_;
  std::unique_ptr<Connection> connection_;
  Listener &listener_;
  bool is_open_ = false;
  bool is_known_ = false;  // whether the server lets it subscribe
  Fault fault_;
  std::vector<std::function<void(const Fault &)>> asked_;
};

}  // namespace repolock::backend::redis
