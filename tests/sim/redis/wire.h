// wire.h - one TCP connection: in order, nothing lost inside of it. Where it breaks, some of what was
// under way arrives all the same, and perhaps much later, when its client has long come back. What
// stands in between may send a command twice.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "redis/server.h"
#include "redis/walls.h"
#include "run.h"

namespace repolock::sim {

class Instance;
class RedisService;

class Wire : public std::enable_shared_from_this<Wire> {
 public:
  // The client's end. It hears what comes, whether its process runs or not.
  class End {
   public:
    virtual void opened() = 0;
    virtual void received(const Reply &reply) = 0;
    virtual void closed(const std::string &why) = 0;

   protected:
    ~End() = default;
  };

  Wire(Run &run, RedisService &service, std::shared_ptr<Instance> server, std::string client,
       End &end);
  ~Wire();

  void open();
  void send(Words words);
  void close();  // by the client: it hears nothing any more

  void break_off(const std::string &why);  // the network, or the server's machine
  void server_closes();

 private:
  Millis delay();
  Millis silent_until(Walls::Way way) const;
  bool is_refused() const;
  void lose_some();
  void arrive();
  void repeat(const Words &words);
  void bring(std::function<void(End &)> news);
  void come();

  Run &run_;
  RedisService &service_;
  const std::shared_ptr<Instance> server_;
  const std::string client_;
  End *end_;  // nullptr: the client has closed it
  Session session_;
  bool is_open_ = false;  // at the server
  std::deque<Words> there_;
  std::deque<std::function<void(End &)>> back_;
  Millis busy_there_ = 0, busy_back_ = 0;
  Millis late_until_ = 0;
};

}  // namespace repolock::sim
