#include "support/proxy_loop.h"

#include <linux/sockios.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

#include "support/listening.h"

namespace repolock::testing {

namespace {

int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

bool must_wait() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// So that the next bytes are a read of their own.
void await_read(int fd) {
  constexpr int kPatience = 1000;
  for (int i = 0, unread = 1; i < kPatience && unread > 0; ++i) {
    if (ioctl(fd, SIOCOUTQ, &unread) != 0) return;
    if (unread > 0) usleep(20);
  }
}

}  // namespace

ProxyLoop::ProxyLoop(std::string server_path, int listener, int wake_up, int record,
                     ProxyFaults &faults, uint32_t seed)
    : server_path_(std::move(server_path)),
      listener_(listener),
      wake_up_(wake_up),
      record_(record),
      faults_(faults),
      random_(seed) {}

void ProxyLoop::run() {
  for (;;) {
    std::vector<pollfd> fds = {{listener_, POLLIN, 0}, {wake_up_, POLLIN, 0}};
    for (const Pipe &pipe : pipes_) {
      for (const Way *way : {&pipe.requests, &pipe.replies})
        fds.push_back({way->has_ended ? -1 : way->from, POLLIN, 0});
      fds.push_back({pipe.again_fd, POLLIN, 0});
    }
    const int64_t due = next_due();
    const int64_t left = due < 0 ? -1 : std::max<int64_t>(0, due - now_ms());
    poll(fds.data(), fds.size(), static_cast<int>(std::min<int64_t>(left, 60'000)));
    eventfd_t ignored = 0;
    std::ignore = eventfd_read(wake_up_, &ignored);
    const bool cuts_all = std::exchange(cuts_, faults_.cuts) != cuts_;
    for (Pipe &pipe : pipes_) {
      char answers[4096];
      while (pipe.again_fd >= 0 && recv(pipe.again_fd, answers, sizeof answers, 0) > 0) continue;
      WayFaults &requests = faults_of(pipe, faults_.requests);
      WayFaults &replies = faults_of(pipe, faults_.replies);
      const bool is_open =
          read(pipe, pipe.requests, requests) && read(pipe, pipe.replies, replies) && !cuts_all;
      if (is_open) {
        deliver(pipe, pipe.requests, requests);
        deliver(pipe, pipe.replies, replies);
        deliver(pipe, pipe.again, none_);
      }
      const bool is_healed = (pipe.requests.has_hole && !requests.swallows) ||
                             (pipe.replies.has_hole && !replies.swallows);
      if (!is_open || is_healed) cut(pipe);
    }
    pipes_.remove_if([](const Pipe &pipe) { return pipe.is_over; });
    accept();
  }
}

void ProxyLoop::accept() {
  for (int fd = 0;
       (fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
    const int server = faults_.refuses ? -1 : connect_unix(server_path_);
    if (server < 0) {
      close(fd);
      continue;
    }
    ++faults_.connections;
    Pipe &pipe = pipes_.emplace_back();
    pipe.requests.from = pipe.replies.to = fd;
    pipe.replies.from = pipe.requests.to = server;
    ucred who{};
    socklen_t size = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0) pipe.client = who.pid;
  }
}

WayFaults &ProxyLoop::faults_of(const Pipe &pipe, WayFaults &way) {
  return faults_.only.have(pipe.client) ? way : none_;
}

// Whether the connection goes on.
bool ProxyLoop::read(Pipe &pipe, Way &way, const WayFaults &faults) {
  char bytes[65536];
  ssize_t size = 0;
  while (!way.has_ended && (size = recv(way.from, bytes, sizeof bytes, 0)) > 0) {
    if (faults.swallows) {
      way.has_hole = true;
      continue;
    }
    const int32_t jitter = faults.jitter_ms;
    const int64_t late =
        jitter == 0 ? 0 : static_cast<int64_t>(random_() % static_cast<uint32_t>(jitter));
    int64_t due = now_ms() + faults.delay_ms + late;
    if (!way.parcels.empty()) due = std::max(due, way.parcels.back().due_ms);
    way.parcels.push_back({due, std::string(bytes, static_cast<size_t>(size))});
    if (&way == &pipe.requests) say_again(pipe, way.parcels.back().bytes);
  }
  if (size < 0 && !must_wait()) return false;
  if (size == 0 && !way.has_ended) way.has_ended = true;
  // What was said before the end is still delivered.
  return !way.has_ended || !way.parcels.empty();
}

void ProxyLoop::deliver(Pipe &pipe, Way &way, WayFaults &faults) {
  while (!pipe.is_over && !faults.stalls && !way.parcels.empty() &&
         way.parcels.front().due_ms <= now_ms())
    if (!write(pipe, way, faults)) return;
}

// Whether there may be more to write now.
bool ProxyLoop::write(Pipe &pipe, Way &way, WayFaults &faults) {
  Parcel &parcel = way.parcels.front();
  size_t size = parcel.bytes.size();
  const int32_t slice = faults.slice;
  const int64_t cut_after = faults.cut_after;
  if (slice > 0) size = std::min(size, static_cast<size_t>(slice));
  if (cut_after >= 0) size = std::min(size, static_cast<size_t>(cut_after));
  const ssize_t sent = send(way.to, parcel.bytes.data(), size, MSG_NOSIGNAL);
  if (sent < 0 && !must_wait()) {
    cut(pipe);
    return false;
  }
  if (sent < 0) {
    parcel.due_ms = now_ms() + 1;
    return false;
  }
  if (&way == &pipe.requests) faults_.bytes_said += static_cast<uint64_t>(sent);
  if (&way == &pipe.replies) faults_.bytes_answered += static_cast<uint64_t>(sent);
  if (cut_after >= 0) {
    const bool is_there = cut_after == sent;
    faults.cut_after = is_there ? -1 : cut_after - sent;
    if (is_there) {
      cut(pipe);
      return false;
    }
  }
  parcel.bytes.erase(0, static_cast<size_t>(sent));
  if (parcel.bytes.empty())
    way.parcels.pop_front();
  else if (slice > 0)
    await_read(way.to);
  return true;
}

void ProxyLoop::say_again(Pipe &pipe, const std::string &bytes) {
  if (faults_.records) std::ignore = ::write(record_, bytes.data(), bytes.size());
  const int32_t after = faults_.again_after_ms;
  if (after < 0) return;
  if (pipe.again_fd < 0) pipe.again_fd = pipe.again.to = connect_unix(server_path_);
  if (pipe.again_fd >= 0) pipe.again.parcels.push_back({now_ms() + after, bytes});
}

void ProxyLoop::cut(Pipe &pipe) {
  if (std::exchange(pipe.is_over, true)) return;
  reset_connection(pipe.requests.from);
  reset_connection(pipe.replies.from);
  if (pipe.again_fd >= 0) reset_connection(pipe.again_fd);
}

int64_t ProxyLoop::next_due() {
  int64_t due = -1;
  const auto consider = [&](const Way &way, const WayFaults &faults) {
    if (way.parcels.empty() || faults.stalls) return;
    if (due < 0 || way.parcels.front().due_ms < due) due = way.parcels.front().due_ms;
  };
  for (const Pipe &pipe : pipes_) {
    consider(pipe.requests, faults_of(pipe, faults_.requests));
    consider(pipe.replies, faults_of(pipe, faults_.replies));
    consider(pipe.again, none_);
  }
  return due;
}

}  // namespace repolock::testing
