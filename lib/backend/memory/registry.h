// registry.h - which store a URL means.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "backend/memory/store.h"

namespace repolock::backend::memory {

// "memory:" is a new store, "memory:NAME" the one of that name in this process; NULL: the URL is
// neither, and error says what to write. Throws std::bad_alloc.
std::shared_ptr<Store> store_of(std::string_view url, std::string &error);

}  // namespace repolock::backend::memory
