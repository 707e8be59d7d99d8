// close_watch.h - hears when a file that was open for writing is closed: by a crash, too.
#pragma once

#include <cstddef>

namespace repolock::port {

class CloseWatch {
 public:
  CloseWatch() = default;
  ~CloseWatch() { close(); }
  CloseWatch(const CloseWatch &) = delete;
  CloseWatch &operator=(const CloseWatch &) = delete;

  // 0, or an errno: EMFILE where the user has as many of them as he may.
  int open();
  void close();

  // Readable while there is news; -1: not open.
  int fd() const { return fd_; }

  // An id of the file at path, the same one each time; *id is good on 0, else an errno.
  int add(const char *path, int *id);
  void remove(int id);

  // Calls each(id, is_gone) for what has happened, until there is no more. is_gone: the file was
  // deleted, and its id with it. Whether some news was dropped: then look at every file.
  template <class Each>
  bool read(Each each) {
    bool dropped = false;
    Piece pieces[kPieces];
    size_t count = kPieces;
    while (count == kPieces) {  // fewer: that was the last of it
      count = read_pieces(pieces);
      for (size_t i = 0; i < count; ++i) {
        if (pieces[i].id < 0)
          dropped = true;
        else
          each(pieces[i].id, pieces[i].is_gone);
      }
    }
    return dropped;
  }

 private:
  static constexpr size_t kPieces = 32;
  struct Piece {
    int id;
    bool is_gone;
  };
  size_t read_pieces(Piece (&pieces)[kPieces]);

  int fd_ = -1;
};

}  // namespace repolock::port
