// requests.h - what a client sent and what it heard: ids are its own and never used again (I13),
// and the evidence for every result.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/backend.h"
#include "run.h"

namespace repolock::sim {

class Requests {
 public:
  void submitted(ClientId client, const core::BackendRequest &request);
  void delivered(ClientId client, uint64_t request, const core::BackendAnswer &answer, Millis now);
  void told_to_wait(ClientId client, Millis now);

  // It was answered, and that with kOk for each claim.
  bool answered(ClientId client, uint64_t request) const;
  bool confirmed(ClientId client, uint64_t request) const;
  // The backend said that this lease has this name; that it was released.
  bool granted(const std::string &repo, const std::string &lease_id) const;
  bool released(const std::string &lease_id) const { return released_.count(lease_id) != 0; }
  // The client heard that status about anything, then or later.
  bool heard_since(ClientId client, core::Status status, Millis then) const;
  // The client has heard anything that proves that the backend is there.
  bool has_reached(ClientId client) const { return reached_.count(client) != 0; }

 private:
  struct Request {
    core::Verb verb;
    std::vector<core::Claim> claims;
    bool answered = false;
    bool confirmed = false;
  };
  struct Attempt {  // for one name, under one lease id
    ClientId client = 0;
    bool pending = false;
    bool granted = false;
  };

  void asks(ClientId client, const core::Claim &claim);
  void heard(ClientId client, core::Status status, Millis now) { heard_[{client, status}] = now; }

  std::map<std::pair<ClientId, uint64_t>, Request> requests_;
  std::map<ClientId, uint64_t> newest_;
  std::map<std::string, ClientId> owners_;  // of the lease ids
  std::map<std::pair<std::string, std::string>, Attempt> attempts_;
  std::set<std::string> given_back_;  // lease ids
  std::set<std::string> released_;
  std::map<std::pair<ClientId, core::Status>, Millis> heard_;
  std::set<ClientId> reached_;
};

}  // namespace repolock::sim
