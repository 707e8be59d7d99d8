// random.h - randomness from the kernel's generator.
#pragma once

#include <cstddef>
#include <cstdint>

namespace repolock::port {

bool random_bytes(void *out, size_t size);  // false: none to be had

uint64_t random_number();  // throws std::runtime_error when there is none to be had

}  // namespace repolock::port
