#include "redis/differential/real_redis.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace repolock::sim {

bool RealRedis::is_installed() {
  const char *path = std::getenv("PATH");
  std::string all = path == nullptr ? "" : path;
  for (size_t at = 0; at <= all.size();) {
    const size_t end = std::min(all.find(':', at), all.size());
    if (access((all.substr(at, end - at) + "/redis-server").c_str(), X_OK) == 0) return true;
    at = end + 1;
  }
  return false;
}

RealRedis::RealRedis() {
  char name[] = "/tmp/repolock-redis-XXXXXX";
  if (mkdtemp(name) == nullptr) throw std::runtime_error("no directory");
  directory_ = name;
  start();
  connect();
}

RealRedis::~RealRedis() {
  if (socket_ >= 0) close(socket_);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::filesystem::remove_all(directory_);
}

// Returns when it says that it takes connections.
void RealRedis::start() {
  int said[2];
  if (pipe(said) != 0) throw std::runtime_error("no pipe");
  const std::string socket = directory_ + "/socket";
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(said[1], STDOUT_FILENO);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket.c_str(), "--dir",
           directory_.c_str(), "--save", "", "--appendonly", "no", static_cast<char *>(nullptr));
    _exit(127);
  }
  close(said[1]);
  std::string log;
  char bytes[4096];
  while (log.find("ready to accept connections") == std::string::npos) {
    const ssize_t got = read(said[0], bytes, sizeof bytes);
    if (got <= 0) throw std::runtime_error("redis-server did not start:\n" + log);
    log.append(bytes, static_cast<size_t>(got));
  }
  // It says little after that; the pipe stays open, as it would die of a broken one.
}

void RealRedis::connect() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (directory_ + "/socket").c_str(), sizeof address.sun_path - 1);
  socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket_, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
    throw std::runtime_error("redis-server takes no connection");
}

std::vector<Reply> RealRedis::run(const std::vector<Words> &commands) {
  std::string bytes;
  for (const Words &words : commands)
    backend::redis::append_command(bytes,
                                   std::vector<std::string_view>(words.begin(), words.end()));
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t sent = write(socket_, bytes.data() + at, bytes.size() - at);
    if (sent <= 0) throw std::runtime_error("redis-server is gone");
    at += static_cast<size_t>(sent);
  }
  std::vector<Reply> replies;
  char part[16384];
  while (replies.size() < commands.size()) {
    while (auto reply = decoder_.next()) replies.push_back(std::move(*reply));
    if (replies.size() >= commands.size()) break;
    const ssize_t got = read(socket_, part, sizeof part);
    if (got <= 0) throw std::runtime_error("redis-server is gone");
    if (!decoder_.feed(part, static_cast<size_t>(got))) throw std::runtime_error(decoder_.error());
  }
  return replies;
}

}  // namespace repolock::sim
