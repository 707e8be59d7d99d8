// The control: the classic Redlock, as its page describes it and most libraries have it. SET NX PX with
// a random value on all servers; held if a majority said so and ttl - elapsed - drift is left; renewed
// and released by scripts that compare the value. No fence, no guard after a restart, and a renewal asks
// for nothing but the value.
#include <hiredis/hiredis.h>
#include <signal.h>
#include <unistd.h>

#include <random>
#include <vector>

#include "fault/locking.h"
#include "fault/redis/locker.h"

namespace repolock::testing {

namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kDrift = kLeaseTtl / 100 + 2;
constexpr char kRelease[] =
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";
constexpr char kExtend[] =
    "if redis.call('get', KEYS[1]) == ARGV[1] then "
    "return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0";

class Servers {
 public:
  explicit Servers(std::vector<std::string> paths) : paths_(std::move(paths)) {
    contexts_.resize(paths_.size());
  }

  // To all at once; how many say OK, or 1.
  size_t ask(const std::vector<std::string> &words) {
    std::vector<const char *> texts;
    std::vector<size_t> sizes;
    for (const std::string &word : words) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
    }
    for (size_t i = 0; i < paths_.size(); ++i) {
      if (!is_connected(i)) continue;
      redisAppendCommandArgv(contexts_[i].get(), static_cast<int>(words.size()), texts.data(),
                             sizes.data());
      for (int is_done = 0; is_done == 0;)
        if (redisBufferWrite(contexts_[i].get(), &is_done) != REDIS_OK) break;
    }
    size_t yes = 0;
    for (auto &context : contexts_) yes += context != nullptr && said_yes(context) ? 1 : 0;
    return yes;
  }
  size_t majority() const { return paths_.size() / 2 + 1; }

 private:
  using Context = std::unique_ptr<redisContext, decltype(&redisFree)>;
  struct Slot : Context {
    Slot() : Context(nullptr, redisFree) {}
  };

  bool is_connected(size_t i) {
    if (contexts_[i] == nullptr) {
      const timeval patience = {0, 50'000};
      contexts_[i].reset(redisConnectUnixWithTimeout(paths_[i].c_str(), patience));
      if (contexts_[i] != nullptr) redisSetTimeout(contexts_[i].get(), patience);
    }
    if (contexts_[i] != nullptr && contexts_[i]->err != 0) contexts_[i].reset();
    return contexts_[i] != nullptr;
  }
  // No answer in time: the connection is of no more use.
  static bool said_yes(Slot &context) {
    void *answer = nullptr;
    if (context->err != 0 || redisGetReply(context.get(), &answer) != REDIS_OK) {
      context.reset();
      return false;
    }
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
        static_cast<redisReply *>(answer), freeReplyObject);
    return reply->type == REDIS_REPLY_STATUS ||
           (reply->type == REDIS_REPLY_INTEGER && reply->integer == 1);
  }

  const std::vector<std::string> paths_;
  std::vector<Slot> contexts_;
};

class RedlockLock final : public HeldLock {
 public:
  RedlockLock(Servers &servers, std::string name, std::string value, int64_t valid_until)
      : servers_(servers),
        name_(std::move(name)),
        value_(std::move(value)),
        valid_until_(valid_until) {}

  bool is_held() override {
    if (now_ns() >= valid_until_) return false;
    const int64_t sent = now_ns();
    if (valid_until_ - sent < (kLeaseTtl - kLeaseTtl / 3) * kMs && sent >= renew_at_) {
      renew_at_ = sent + 50 * kMs;
      const size_t yes =
          servers_.ask({"EVAL", kExtend, "1", name_, value_, std::to_string(kLeaseTtl)});
      if (yes >= servers_.majority()) valid_until_ = sent + (kLeaseTtl - kDrift) * kMs;
    }
    return now_ns() < valid_until_;
  }
  uint64_t fence() const override { return 0; }
  void release() override {
    valid_until_ = 0;
    servers_.ask({"EVAL", kRelease, "1", name_, value_});
  }

 private:
  Servers &servers_;
  const std::string name_, value_;
  int64_t valid_until_, renew_at_ = 0;
};

class Redlock final : public Locker {
 public:
  Redlock(const Nodes &nodes, uint32_t seed) : servers_(nodes.paths()), random_(seed) {}

  std::unique_ptr<HeldLock> acquire(const std::string &name) override {
    for (const int64_t end = now_ns() + kLongestWait * kMs; now_ns() < end;) {
      const std::string value = std::to_string(random_()) + std::to_string(random_());
      const int64_t sent = now_ns();
      const size_t yes = servers_.ask({"SET", name, value, "NX", "PX", std::to_string(kLeaseTtl)});
      const int64_t valid_until = sent + (kLeaseTtl - kDrift) * kMs;
      if (yes >= servers_.majority() && now_ns() < valid_until)
        return std::make_unique<RedlockLock>(servers_, name, value, valid_until);
      servers_.ask({"EVAL", kRelease, "1", name, value});
      usleep(1000 + static_cast<useconds_t>(random_() % 10'000));
    }
    return nullptr;
  }

 private:
  Servers servers_;
  std::mt19937_64 random_;
};

}  // namespace

std::unique_ptr<Locker> make_redlock(const Nodes &nodes, uint32_t seed) {
  signal(SIGPIPE, SIG_IGN);  // of servers that are gone
  return std::make_unique<Redlock>(nodes, seed);
}

}  // namespace repolock::testing
