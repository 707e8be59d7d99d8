// Drivers of the engine that break a rule of lib/loop.
#include "mutants/mutant.h"

namespace repolock::sim {

namespace {

using core::Status;

class CompletesTwice : public Client {
  using Client::Client;
  void carry_out(core::Complete &command) override {
    core::Complete again = command;
    Client::carry_out(command);
    if (run().random.one_in(20)) Client::carry_out(again);
  }
};

class SwallowsResults : public Client {
  using Client::Client;
  void carry_out(core::Complete &command) override {
    if (!run().random.one_in(20)) Client::carry_out(command);
  }
};

class TakesSilenceForSuccess : public Client {
  using Client::Client;
  void carry_out(core::Complete &command) override {
    if (command.status == Status::kUnknown) command.status = Status::kOk;
    Client::carry_out(command);
  }
};

class ForgetsLosses : public Client {
  using Client::Client;
  bool says_held(loop::Lease &handle, bool *noticed) override {
    Client::says_held(handle, noticed);
    return true;
  }
};

class KeepsLossesToItself : public Client {
  using Client::Client;
  void carry_out(core::Lost &) override {}
};

class CountsNoSleep : public Client {  // CLOCK_MONOTONIC, where it must be CLOCK_BOOTTIME
  using Client::Client;
  void pause(Millis length) override {
    Client::pause(length);
    shift_clock(-length);
  }
};

class WakesTooLate : public Client {
  using Client::Client;
  Millis timer_lateness() override { return run().random.up_to(kLongestDelay); }
};

class HasNoRandomness : public Client {
  using Client::Client;
  uint64_t random_number() override { return 4; }
};

class NeverEnds : public Client {
  using Client::Client;
  void carry_out(core::Ended &) override {}
};

class BeatsForItsProgram : public Client {
 public:
  BeatsForItsProgram(Run &run, ClientId id) : Client(run, id) { beat(); }

 private:
  void beat() {
    when_it_runs([this] { tell([](core::Engine &engine, Millis now) { engine.heartbeat(now); }); });
    run().schedule.in(100, [this] { beat(); });
  }
};

template <class Driver>
Parts with() {
  Parts parts;
  parts.client = [](Run &run, ClientId id) { return std::make_unique<Driver>(run, id); };
  return parts;
}

}  // namespace

std::vector<Mutant> wrong_drivers() {
  return {{"a call completes twice", kOnce, with<CompletesTwice>()},
          {"a result is swallowed", kInTime, with<SwallowsResults>()},
          {"silence counts as success", kHonest, with<TakesSilenceForSuccess>()},
          {"a loss is forgotten", kLostForGood, with<ForgetsLosses>()},
          {"a loss is not told", kTold, with<KeepsLossesToItself>()},
          {"the clock stops while the machine sleeps", kValidity, with<CountsNoSleep>()},
          {"timers are always late", kKept, with<WakesTooLate>()},
          {"every id is the same", kOwnIds, with<HasNoRandomness>()},
          {"a lease does not end", kNothingLeft, with<NeverEnds>()},
          {"a silent program is kept alive", kBounded, with<BeatsForItsProgram>()}};
}

}  // namespace repolock::sim
