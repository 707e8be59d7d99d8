// rude.cc - a plugin that breaks the rules of plugin.h, one by one: "rude:HOW". What is not named
// there it does well, with one lock that is always free.
//
// Option rude.fd: a socket over which it tells the test how far it is, and hears when to go on.
#include <repolock/plugin.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Client {
  const repolock_host_api_t *api;
  repolock_host_t *host;
  std::string how;
  int fd = -1;
  repolock_watch_t *watch = nullptr;
  repolock_timer_t *timer = nullptr;

  std::mutex mutex;
  std::map<std::string, uint64_t> held;  // lease id -> fence
  uint64_t fence = 0;

  bool is(const char *this_way) const { return how == this_way; }
  void tell() const {
    if (fd >= 0) (void)send(fd, "!", 1, MSG_NOSIGNAL);
  }
  void hear() const {
    char byte;
    if (fd >= 0) (void)recv(fd, &byte, 1, 0);
  }
};

std::atomic<Client *> g_left;  // by "leaves": so that no search for leaks finds it

[[noreturn]] void hurl() {
  throw std::runtime_error("a plugin that throws");
}

void answer(Client &client, uint64_t id, repolock_status_t status,
            const std::vector<repolock_grant_t> &grants = {},
            const std::vector<repolock_row_t> &rows = {}) {
  repolock_answer_t answer{};
  answer.struct_size = sizeof answer;
  answer.status = status;
  answer.grants = grants.data();
  answer.grant_count = grants.size();
  answer.rows = rows.data();
  answer.row_count = rows.size();
  client.api->answer(client.host, id, &answer);
}

struct Request {
  int32_t kind;
  uint64_t id;
  std::vector<std::string> leases;
  int64_t ttl_ms;
};

void carry_out(Client &client, const Request &request) {
  const std::lock_guard lock(client.mutex);
  std::vector<repolock_grant_t> grants;
  std::vector<repolock_row_t> rows;
  for (const auto &lease : request.leases) {
    repolock_grant_t grant{};
    grant.struct_size = sizeof grant;
    grant.inherit_fd = -1;
    grant.valid_until_ms = client.api->now(client.host) + request.ttl_ms;
    if (request.kind == REPOLOCK_REQUEST_ACQUIRE) {
      client.held[lease] = ++client.fence;
      grant.fence = client.fence;
    } else if (request.kind == REPOLOCK_REQUEST_RELEASE) {
      client.held.erase(lease);
    } else if (request.kind == REPOLOCK_REQUEST_EXTEND) {
      grant.fence = client.held[lease];
    }
    grants.push_back(grant);
  }
  if (request.kind == REPOLOCK_REQUEST_INSPECT) {
    grants.clear();
    for (const auto &[lease, fence] : client.held) {
      repolock_row_t row{};
      row.struct_size = sizeof row;
      row.row = REPOLOCK_ROW_HOLDER;
      row.lease_id = lease.c_str();
      row.fence = static_cast<int64_t>(fence);
      rows.push_back(row);
    }
  }
  answer(client, request.id, REPOLOCK_OK, grants, rows);
}

// What only the client's own thread may do is refused to this one.
bool is_refused_here(Client &client) {
  const auto nothing = [](void *) {};
  return client.api->timer_new(client.host, nothing, nullptr) == nullptr &&
         client.api->watch_fd(
             client.host, client.fd, REPOLOCK_READABLE, [](void *, int32_t) {}, nullptr) ==
             nullptr &&
         client.api->later(client.host, nothing, nullptr) == 0;
}

void acquire(Client &client, const Request &request) {
  if (client.is("throw-submit")) hurl();
  if (client.is("never")) return;
  if (client.is("nothing")) return client.api->answer(client.host, request.id, nullptr);
  if (client.is("block")) {
    client.tell();
    client.hear();
  }
  if (client.is("late")) {
    struct Late {
      Client &client;
      Request request;
    };
    std::thread([late = Late{client, request}] {
      late.client.hear();
      carry_out(late.client, late.request);
      late.client.tell();
    }).detach();
    return;
  }
  if (client.is("thread")) {
    std::thread([&client, request] {
      if (is_refused_here(client))
        carry_out(client, request);
      else
        answer(client, request.id, REPOLOCK_E_INTERNAL);
    }).detach();
    return;
  }
  carry_out(client, request);
  if (client.is("twice")) {
    answer(client, request.id, REPOLOCK_E_DENIED);
    carry_out(client, request);
    answer(client, request.id + 1000, REPOLOCK_E_DENIED);
  }
  if (client.is("throw-callback"))
    client.api->post(
        client.host, [](void *) { hurl(); }, nullptr);
}

void submit(void *self, const repolock_backend_request_t *request) {
  auto &client = *static_cast<Client *>(self);
  Request copy{request->kind, request->id, {}, 0};
  for (size_t i = 0; i < request->claim_count; ++i) {
    const auto *claim = reinterpret_cast<const repolock_claim_t *>(
        reinterpret_cast<const char *>(request->claims) + i * request->claims->struct_size);
    copy.leases.emplace_back(claim->lease_id);
    copy.ttl_ms = claim->ttl_ms;
  }
  if (copy.kind == REPOLOCK_REQUEST_ACQUIRE)
    acquire(client, copy);
  else
    carry_out(client, copy);
}

void cancel(void *self, uint64_t) {
  if (static_cast<Client *>(self)->is("never")) hurl();
}

// All that a host offers, of a client that is closed.
void speak_of_the_dead(const repolock_host_api_t *api, repolock_host_t *host) {
  const auto nothing = [](void *) {};
  repolock_answer_t answer{};
  answer.struct_size = sizeof answer;
  repolock_row_t row{};
  row.struct_size = sizeof row;
  api->answer(host, 1, &answer);
  api->waiting(host, 1, &row, 1);
  api->wake(host, "a/b");
  api->revoked(host, "a/b", "", REPOLOCK_LOST_BROKEN, "");
  api->node(host, "n", 1, "");
  api->log(host, REPOLOCK_LOG_ERROR, "late", "");
  const bool heard = api->post(host, nothing, nullptr) != 0 ||
                     api->watch_fd(
                         host, 0, REPOLOCK_READABLE, [](void *, int32_t) {}, nullptr) != nullptr ||
                     api->timer_new(host, nothing, nullptr) != nullptr ||
                     api->later(host, nothing, nullptr) != 0;
  if (heard) std::abort();
}

void close_client(void *self) {
  auto *client = static_cast<Client *>(self);
  if (client->is("throw-close")) {
    client->tell();
    delete client;
    hurl();
  }
  if (client->is("after-close")) {
    std::thread([api = client->api, host = client->host, fd = client->fd] {
      char byte;
      (void)recv(fd, &byte, 1, 0);
      speak_of_the_dead(api, host);
      (void)send(fd, "!", 1, MSG_NOSIGNAL);
    }).detach();
  }
  if (client->is("leaves")) {  // also its own memory, which the watch and the timer point to
    client->tell();
    return;
  }
  delete client;
}

repolock_status_t open_client(const repolock_host_api_t *api, repolock_host_t *host,
                              const repolock_open_params_t *params, void **self, char *err,
                              size_t) {
  auto *client = new Client;
  client->api = api;
  client->host = host;
  client->how = std::strchr(params->url, ':') + 1;
  for (size_t i = 0; i < params->option_count; ++i)
    if (std::strcmp(params->keys[i], "rude.fd") == 0) client->fd = std::atoi(params->values[i]);
  if (client->is("throw-open")) {
    delete client;
    hurl();
  }
  if (client->is("refuse")) {
    delete client;
    std::strcpy(err, "rude.fd \"5\" is not what I want: write 6");
    return REPOLOCK_E_INVALID;
  }
  if (client->is("leaves")) {
    client->watch = api->watch_fd(
        host, client->fd, REPOLOCK_READABLE, [](void *, int32_t) {}, client);
    client->timer = api->timer_new(
        host, [](void *) {}, client);
    api->timer_set(client->timer, api->now(host) + 3'600'000);
    g_left = client;
  }
  *self = client;
  return REPOLOCK_OK;
}

// More than the table says.
uint64_t effective_capabilities(void *self) {
  if (static_cast<Client *>(self)->is("throw-capabilities")) hurl();
  return UINT64_MAX;
}

constexpr uint64_t kCapabilities = REPOLOCK_CAN_INSPECT | REPOLOCK_CAN_FENCE;
constexpr repolock_backend_api_t kTable = {
    sizeof kTable, 1,      "rude rude+hurl", "1.0",        kCapabilities,
    open_client,   submit, cancel,           close_client, effective_capabilities};

}  // namespace

extern "C" __attribute__((visibility("default"))) const repolock_backend_api_t *
repolock_plugin_init(const repolock_host_api_t *, uint32_t) {
#ifdef HURL
  hurl();
#endif
  return &kTable;
}
