// keys.h - where a name lives in Redis: README.md has the table.
#pragma once

#include <string>
#include <vector>

namespace repolock::backend::redis {

struct Keys {
  Keys(const std::string &prefix, const std::string &repo)
      : lock(prefix + '{' + repo + '}'),
        fence(lock + ":f"),
        queue(lock + ":q"),
        waiters(lock + ":w"),
        readers(lock + ":r") {}

  // As most scripts want them, behind the guard.
  std::vector<std::string> all() const { return {lock, fence, queue, waiters, readers}; }

  std::string lock, fence, queue, waiters, readers;
};

}  // namespace repolock::backend::redis
