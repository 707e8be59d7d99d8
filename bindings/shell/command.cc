#include "command.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "children.h"
#include "exit_codes.h"
#include "failure.h"

namespace repolock::shell {
namespace {

std::vector<char *> pointers(const std::vector<std::string> &texts) {
  std::vector<char *> out;
  out.reserve(texts.size() + 1);
  for (const auto &text : texts) out.push_back(const_cast<char *>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

[[noreturn]] void cannot_start() {
  throw Failure{kExitInternal,
                std::string("cannot start a process for the command: ") + std::strerror(errno)};
}

}  // namespace

std::vector<std::string> environment_with(const std::vector<std::string> &variables) {
  const auto name_of = [](std::string_view variable) {
    return variable.substr(0, variable.find('='));
  };
  std::vector<std::string> out;
  for (char **each = environ; *each; ++each) {
    const bool replaced = std::any_of(
        variables.begin(), variables.end(),
        [&](const std::string &variable) { return name_of(variable) == name_of(*each); });
    if (!replaced) out.emplace_back(*each);
  }
  out.insert(out.end(), variables.begin(), variables.end());
  return out;
}

Command::Command(const CommandLine &line, const Signals &signals, int terminal, int lock) {
  const auto arguments = pointers(line.arguments), environment = pointers(line.environment);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) cannot_start();
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that a killed guardian's children are ours to wait for
  guardian_ = fork();
  if (guardian_ == 0) {
    close(ends[0]);
    guard({ends[1], terminal, &signals, arguments.data(), environment.data()});
  }
  close(ends[1]);
  if (lock >= 0) close(lock);
  socket_ = ends[0];
  if (guardian_ < 0) {
    close(socket_);
    cannot_start();
  }
  const auto first = next();
  if (first && first->kind == Report::kStarted) {
    group_ = first->value;
    return;
  }
  errno = first ? first->value : ECHILD;
  join();
  cannot_start();
}

Command::~Command() {
  if (socket_ < 0) return;
  kill();
  join();
}

std::optional<Report> Command::next() const {
  Report report;
  ssize_t size;
  while ((size = recv(socket_, &report, sizeof report, 0)) < 0 && errno == EINTR) continue;
  return size == sizeof report ? std::optional(report) : std::nullopt;
}

void Command::signal(int signo) const {
  ::kill(-group_, signo);
}

void Command::leave() const {
  send(socket_, "", 1, MSG_NOSIGNAL);
}

void Command::kill() const {
  shutdown(socket_, SHUT_WR);
}

void Command::join() {
  const int saved = errno;
  while (next()) continue;
  while (waitpid(guardian_, nullptr, 0) < 0 && errno == EINTR) continue;
  close(socket_);
  socket_ = -1;
  errno = saved;
}

// What the guardian had started, also what left the command's group, is ours since it died.
void Command::kill_without_guardian() const {
  for (bool group = true;;) {
    while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
    group = group && (::kill(-group_, SIGKILL) == 0 || errno == EPERM);
    if (!kill_children(kGuardianName) && !group) return;
    poll(nullptr, 0, 5);
  }
}

}  // namespace repolock::shell
