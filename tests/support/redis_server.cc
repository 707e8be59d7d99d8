#include "support/redis_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "support/listening.h"

namespace repolock::testing {

namespace {

constexpr int kPatienceMs = 60'000;

// Free now; somebody else may take it before it is used.
uint16_t free_port() {
  uint16_t port = 0;
  close(listen_tcp(&port));
  return port;
}

}  // namespace

bool RedisServer::is_installed() {
  const char *path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::string_view directory = rest.substr(0, rest.find(':'));
    if (access((std::string(directory) + "/redis-server").c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(rest.size(), directory.size() + 1));
  }
  return false;
}

RedisServer::RedisServer(std::vector<std::string> options, bool has_port,
                         std::vector<std::string> environment)
    : options_(std::move(options)), environment_(std::move(environment)) {
  for (int i = 0; i < 5 && !is_running(); ++i) {
    if (has_port) port_ = free_port();
    start();
  }
}

RedisServer::~RedisServer() {
  kill();
}

bool RedisServer::start() {
  std::vector<std::string> words = {"redis-server",
                                    "--port",
                                    std::to_string(port_),
                                    "--bind",
                                    "127.0.0.1",
                                    "--unixsocket",
                                    path(),
                                    "--dir",
                                    directory_.path().string(),
                                    "--save",
                                    "",
                                    "--appendonly",
                                    "no",
                                    "--daemonize",
                                    "no"};
  words.insert(words.end(), options_.begin(), options_.end());
  std::vector<char *> argv;
  argv.reserve(words.size() + 1);
  for (std::string &word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int none = open("/dev/null", O_RDWR);
    dup2(none, STDIN_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    for (std::string &each : environment_) putenv(each.data());
    if (getppid() == parent) execvp(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  output_ = ends[0];
  if (await_ready(output_)) return true;
  kill();
  return false;
}

bool RedisServer::await_ready(int output) {
  log_.clear();
  char bytes[4096];
  while (log_.find("eady to accept connections") == std::string::npos) {
    pollfd ready = {output, POLLIN, 0};
    if (poll(&ready, 1, kPatienceMs) != 1) return false;
    const ssize_t size = read(output, bytes, sizeof bytes);
    if (size <= 0) return false;
    log_.append(bytes, static_cast<size_t>(size));
  }
  return true;
}

void RedisServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
  close(output_);
}

bool RedisServer::restart() {
  kill();
  return start();
}

void RedisServer::stop() {
  ::kill(pid_, SIGSTOP);
  int status = 0;
  waitpid(pid_, &status, WUNTRACED);
}

void RedisServer::resume() {
  ::kill(pid_, SIGCONT);
}

}  // namespace repolock::testing
