#include "port/thread.h"

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace repolock::port {

namespace {

thread_local bool library_thread = false;  // no destructor, so safe at thread exit

class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked &) = delete;
  AllSignalsBlocked &operator=(const AllSignalsBlocked &) = delete;

 private:
  sigset_t before_;
};

}  // namespace

void start_thread(std::function<void()> body) {
  const AllSignalsBlocked inherited_by_the_new_thread;
  std::thread([body = std::move(body)] {
    library_thread = true;
    body();
  }).detach();
}

bool on_library_thread() {
  return library_thread;
}

}  // namespace repolock::port
