package repolock_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"time"

	repolock "github.com/librepolock/librepolock/bindings/go"
)

func Example() {
	client, err := repolock.Open(repolock.WithBackend("memory:"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	lock, err := client.Lock(context.Background(), "owner/name", repolock.WithHolder("nightly scan"))
	if err != nil {
		log.Fatal(err)
	}
	defer lock.Unlock()
	fmt.Println("mine")
	// Output: mine
}

func ExampleClient_TryLock() {
	client, _ := repolock.Open(repolock.WithBackend("memory:"))
	defer client.Close()
	ctx := context.Background()
	lock, _ := client.TryLock(ctx, "owner/name", repolock.WithHolder("nightly scan"))
	defer lock.Unlock()

	_, err := client.TryLock(ctx, "https://github.com/Owner/Name.git")
	var held *repolock.Error
	if errors.Is(err, repolock.ErrHeld) && errors.As(err, &held) {
		fmt.Println("held by", held.Holders[0].Text)
	}
	// Output: held by nightly scan
}

// A deadline of the context is the limit of the wait.
func ExampleClient_Lock_deadline() {
	client, _ := repolock.Open(repolock.WithBackend("memory:"))
	defer client.Close()
	lock, _ := client.Lock(context.Background(), "owner/name")
	defer lock.Unlock()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := client.Lock(ctx, "owner/name")
	fmt.Println(errors.Is(err, context.DeadlineExceeded), errors.Is(err, repolock.ErrTimeout))
	// Output: true true
}

// The work stops when the lock is lost: here somebody breaks it.
func ExampleLock_Context() {
	client, _ := repolock.Open(repolock.WithBackend("memory:"))
	defer client.Close()
	lock, _ := client.Lock(context.Background(), "owner/name")
	ctx := lock.Context(context.Background())

	_ = client.Break(ctx, "owner/name", lock.ID())
	<-ctx.Done()
	var loss *repolock.Error
	if errors.As(lock.Err(), &loss) {
		fmt.Println(loss.Reason)
	}
	fmt.Println(errors.Is(lock.Unlock(), repolock.ErrLost))
	// Output:
	// broken
	// true
}

// A git that survives this process keeps the lock until it is done.
func ExampleLock_InheritFiles() {
	directory, _ := os.MkdirTemp("", "locks")
	defer os.RemoveAll(directory)
	client, _ := repolock.Open(repolock.WithBackend("file://" + directory))
	defer client.Close()
	lock, err := client.Lock(context.Background(), "owner/name")
	if err != nil {
		log.Fatal(err)
	}
	defer lock.Unlock()

	files, err := lock.InheritFiles()
	if err != nil {
		log.Fatal(err)
	}
	git := exec.CommandContext(lock.Context(context.Background()), "git", "-c", "gc.auto=0", "--version")
	git.ExtraFiles = files
	err = git.Run()
	for _, file := range files {
		file.Close()
	}
	fmt.Println(err)
	// Output: <nil>
}

func ExampleClient_Locker() {
	client, _ := repolock.Open(repolock.WithBackend("memory:"))
	defer client.Close()
	mutex := client.Locker("owner/name")
	mutex.Lock()
	defer mutex.Unlock()
	fmt.Println("mine")
	// Output: mine
}

func ExampleClient_Shutdown() {
	client, _ := repolock.Open(repolock.WithBackend("memory:"))
	lock, _ := client.Lock(context.Background(), "owner/name")
	go func() {
		time.Sleep(10 * time.Millisecond) // the rest of the work
		lock.Unlock()
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	fmt.Println(client.Shutdown(ctx))
	// Output: <nil>
}
