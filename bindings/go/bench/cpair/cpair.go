// Package cpair is the loop that the binding is measured against: lock and unlock in C.
package cpair

// #cgo pkg-config: repolock
// #include <repolock/repolock.h>
// #include <stdlib.h>
// static int pairs(const char *url, int64_t count, char *err) {
//   repolock_client_t *client = NULL;
//   repolock_config_t *config = repolock_config_new();
//   repolock_status_t status = repolock_config_set(config, "backend", url, err, REPOLOCK_ERR_SIZE);
//   if (status == REPOLOCK_OK)
//     status = repolock_client_open(config, &client, err, REPOLOCK_ERR_SIZE);
//   while (status == REPOLOCK_OK && count-- > 0) {
//     repolock_lease_t *lease = NULL;
//     status = repolock_acquire(client, "bench/c", 7, NULL, &lease, err, REPOLOCK_ERR_SIZE);
//     if (status == REPOLOCK_OK) status = repolock_release(lease);
//     repolock_lease_free(lease);
//   }
//   repolock_client_free(client);
//   repolock_config_free(config);
//   return status;
// }
import "C"

import (
	"errors"
	"unsafe"
)

// Run locks and unlocks, as often as told, with the blocking calls of the C library.
func Run(url string, times int) error {
	text := C.CString(url)
	defer C.free(unsafe.Pointer(text))
	var sentence [C.REPOLOCK_ERR_SIZE]C.char
	if C.pairs(text, C.int64_t(times), &sentence[0]) != C.REPOLOCK_OK {
		return errors.New(C.GoString(&sentence[0]))
	}
	return nil
}
