// command.h - the command, as `repolock run` sees it through the guardian.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "guardian.h"
#include "signals.h"

namespace repolock::shell {

struct CommandLine {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
};

// The own environment, with these variables ("NAME=value") in place of their namesakes.
std::vector<std::string> environment_with(const std::vector<std::string> &variables);

class Command {
 public:
  // Returns when the command is about to be executed. terminal: to be given to it; -1: none.
  // lock: keeps the lock while it is open; from now on the guardian's alone; -1: none.
  Command(const CommandLine &line, const Signals &signals, int terminal, int lock);
  ~Command();  // kills what is left of it
  Command(const Command &) = delete;
  Command &operator=(const Command &) = delete;

  pid_t group() const { return group_; }

  // Readable when next() has news. Nothing: the guardian is gone.
  int fd() const { return socket_; }
  std::optional<Report> next() const;

  // To its whole process group.
  void signal(int signo) const;

  // Ends the guardian. leave: what the command left in the background lives on. kill: SIGKILL to its
  // group and to all else that it started; kEnded and kEmpty still come.
  void leave() const;
  void kill() const;

  // Waits until the guardian has let go of the lock's descriptor.
  void join();

  // Where somebody killed the guardian: does its work.
  void kill_without_guardian() const;

 private:
  int socket_ = -1;
  pid_t guardian_ = -1;
  pid_t group_ = -1;
};

}  // namespace repolock::shell
