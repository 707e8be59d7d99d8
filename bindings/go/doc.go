// Package repolock is one lock for each git repository, across goroutines, processes, languages
// and hosts: whoever clones, pulls or deletes a clone does so alone, the others wait in line.
//
//	client, err := repolock.Open()
//	...
//	lock, err := client.Lock(ctx, "owner/name")
//	if err != nil {
//		return err // names the holder
//	}
//	defer lock.Unlock()
//	return exec.CommandContext(lock.Context(ctx), "git", "-C", dir, "fetch").Run()
//
// It is a binding of librepolock, which it finds with pkg-config. Where the locks are is said by
// [WithBackend] or the environment variable REPOLOCK_URL: in files of this host (the default), in
// one Redis server or in several, or in the memory of this process, for tests.
//
// # A lock can be lost
//
// The library renews a lock on a thread of its own, whatever the Go runtime does. A lock can be
// lost all the same: somebody broke it, its server was away for too long, its longest hold was
// reached. [Lock.Done] is closed then, [Lock.Err] says why, and the context of [Lock.Context] is
// canceled. Whoever stores results can keep the largest [Lock.Token] it has seen and refuse smaller
// ones.
//
// # Concurrency
//
// All functions and methods may be called from any goroutine, at once too. A client has one
// goroutine, which waits for the library's news; no C code ever calls into Go. [Client.Close] or
// [Client.Shutdown] ends it.
//
// # Panics, exits, garbage
//
// A deferred Unlock releases when the code between panics. A process that exits without a release
// leaves its locks as a crash does: those in files are free at once, those on a server when their
// ttl is over. A [Lock] that was garbage-collected without Unlock is no longer renewed, counts as
// lost, and is told to the logger as a warning. A [Client] that was garbage-collected is closed.
//
// # Child processes
//
// Hand the files of [Lock.InheritFiles] to the child that does the work, as [os/exec.Cmd.ExtraFiles]:
// if this process dies, a lock in files stays until the child is gone too. A bare fork without exec
// is not possible in Go, so the library's rules for it do not concern you.
package repolock
