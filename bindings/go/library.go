package repolock

// #cgo !static pkg-config: repolock
// #cgo static pkg-config: --static repolock
// #cgo static LDFLAGS: -l:librepolock.a -Wl,--as-needed
// #include "shims.h"
// #if REPOLOCK_VERSION_MAJOR != 0 || REPOLOCK_VERSION_MINOR < 1
// #error "this Go package needs the headers of librepolock 0.1, or of a later 0.x"
// #endif
import "C"

import (
	"fmt"
	"time"
)

// Version is that of the librepolock that was loaded, such as "0.1.0".
func Version() string { return dotted(uint32(C.repolock_version())) }

// Shared libraries are found when the program starts: it may be another one than it was built with.
func checkVersion(loaded, builtWith uint32) error {
	if loaded>>16 == builtWith>>16 && loaded >= builtWith {
		return nil
	}
	return &Error{Op: "open", Err: ErrLibrary, Message: fmt.Sprintf(
		"the librepolock that was loaded is %s, but this program was built with %s: install %s or a later %d.x, or build the program again",
		dotted(loaded), dotted(builtWith), dotted(builtWith), builtWith>>16)}
}

func dotted(version uint32) string {
	return fmt.Sprintf("%d.%d.%d", version>>16, version>>8&0xff, version&0xff)
}

// Forever is a wait without end.
const Forever time.Duration = -1

// Rounded up: what is short, but not nothing, must not become "do not wait".
func milliseconds(d time.Duration) C.int64_t {
	if d < 0 {
		return -1
	}
	ms := int64(d / time.Millisecond)
	if d%time.Millisecond != 0 {
		ms++
	}
	return C.int64_t(ms)
}

func duration(ms C.int64_t) time.Duration {
	const most = int64(1<<63-1) / int64(time.Millisecond)
	if int64(ms) > most {
		return 1<<63 - 1
	}
	return time.Duration(ms) * time.Millisecond
}
