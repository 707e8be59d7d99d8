// classes.h - the classes of one environment: each worker thread has its own.
#pragma once

#include <napi.h>

namespace repolock_node {

struct Classes {
  Napi::FunctionReference operation;
  Napi::FunctionReference lease;
};

}  // namespace repolock_node
