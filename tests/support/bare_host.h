// bare_host.h - a Host for the parts of a backend: BackendDriver's loop, with no backend on it.
//
//   BareHost bare;                         // or bare(&clock)
//   Part part(bare.host());                // goes before it
//   assert_true(bare.driver().run_until([&] { return part.is_done(); }));
#pragma once

#include "backend/host/host.h"
#include "support/backend_driver.h"

namespace repolock::testing {

class BareHost {
 public:
  explicit BareHost(FakeClock *clock = nullptr);

  backend::Host &host() { return *host_; }
  BackendDriver &driver() { return driver_; }

 private:
  BackendDriver driver_;
  backend::Host *host_;  // the driver's backend
};

}  // namespace repolock::testing
