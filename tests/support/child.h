// child.h - a process of the test's own, and one letter at a time between the two.
//
//   Child holder([&](Child &parent) { ... parent.say('h'); parent.hear(); return 0; });
//   assert_int_equal(holder.hear(), 'h');
//   holder.kill(SIGKILL);
//   assert_int_equal(holder.wait(), -SIGKILL);
//
// In the child nothing of cmocka may be used: what body returns is its exit code.
#pragma once

#include <sys/types.h>

#include <functional>

namespace repolock::testing {

class Child {
 public:
  explicit Child(const std::function<int(Child &parent)> &body);
  ~Child();  // kills it
  Child(const Child &) = delete;
  Child &operator=(const Child &) = delete;

  // Either side. hear() waits; 0: the other one is gone, or has said nothing for 20 s.
  void say(char letter);
  char hear();
  bool has_said() const;              // there is something to hear by now
  int fd() const { return socket_; }  // readable while there is something to hear

  pid_t pid() const { return pid_; }
  void kill(int signal);
  // Stopped means stopped: waits until it is.
  void stop();
  void await_stop();  // where it stops itself
  // Its exit code, or the negative number of the signal that killed it.
  int wait();

 private:
  int socket_ = -1;
  pid_t pid_ = 0;
};

}  // namespace repolock::testing
