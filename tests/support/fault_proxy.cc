#include "support/fault_proxy.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <tuple>
#include <utility>

#include "support/listening.h"
#include "support/proxy_loop.h"

namespace repolock::testing {

FaultProxy::FaultProxy(std::string server_path, Kind kind, uint32_t seed)
    : wake_up_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), record_(memfd_create("said", MFD_CLOEXEC)) {
  process_ = std::make_unique<Child>([&, server = std::move(server_path)](Child &test) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    uint16_t port = 0;
    const int listener = kind == Kind::kUnix ? listen_unix(path()) : listen_tcp(&port);
    *port_ = port;
    test.say('r');
    ProxyLoop(server, listener, wake_up_, record_, *faults_, seed).run();
    return 0;
  });
  process_->hear();
}

FaultProxy::~FaultProxy() {
  close(wake_up_);
  close(record_);
}

void FaultProxy::heal() {
  set([](ProxyFaults &faults) {
    for (WayFaults *way : {&faults.requests, &faults.replies}) {
      way->delay_ms = way->jitter_ms = way->slice = 0;
      way->cut_after = -1;
      way->stalls = way->swallows = false;
    }
    faults.only = {};
    faults.again_after_ms = -1;
    faults.refuses = false;
  });
}

std::string FaultProxy::said() const {
  std::string text;
  char bytes[4096];
  for (ssize_t size = 0;
       (size = pread(record_, bytes, sizeof bytes, static_cast<off_t>(text.size()))) > 0;)
    text.append(bytes, static_cast<size_t>(size));
  return text;
}

void FaultProxy::wake() {
  std::ignore = eventfd_write(wake_up_, 1);
}

}  // namespace repolock::testing
