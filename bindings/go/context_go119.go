//go:build !go1.20

package repolock

import "context"

// Causes came with Go 1.20.
func withCause(parent context.Context) (context.Context, func(error)) {
	ctx, cancel := context.WithCancel(parent)
	return ctx, func(error) { cancel() }
}
