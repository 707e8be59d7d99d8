package bench

// One uncontended pair of lock and unlock, and 64 goroutines that want one name: this binding, the
// library from C, and redsync. On a Redis server of one's own:
//
//	REDIS=localhost:6379 go test -bench . -count 5

import (
	"context"
	"os"
	"testing"

	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"

	repolock "github.com/librepolock/librepolock/bindings/go"
	"github.com/librepolock/librepolock/bindings/go/bench/cpair"
)

func server(b *testing.B) string {
	address := os.Getenv("REDIS")
	if address == "" {
		b.Skip("REDIS=host:port names no server")
	}
	return address
}

func BenchmarkMemoryC(b *testing.B)      { c(b, "memory:") }
func BenchmarkMemoryGo(b *testing.B)     { pair(b, "memory:") }
func BenchmarkRedisC(b *testing.B)       { c(b, "redis://"+server(b)) }
func BenchmarkRedisGo(b *testing.B)      { pair(b, "redis://"+server(b)) }
func BenchmarkContendedGo(b *testing.B)  { contended(b, locking(b, "redis://"+server(b))) }
func BenchmarkRedisRedsync(b *testing.B) { alone(b, mutexes(b, server(b))) }
func BenchmarkContendedRedsync(b *testing.B) {
	contended(b, mutexes(b, server(b)))
}

func c(b *testing.B, url string) {
	if err := cpair.Run(url, b.N); err != nil {
		b.Fatal(err)
	}
}

func pair(b *testing.B, url string) { alone(b, locking(b, url)) }

func alone(b *testing.B, turn func() error) {
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if err := turn(); err != nil {
			b.Fatal(err)
		}
	}
}

func contended(b *testing.B, turn func() error) {
	b.SetParallelism(64)
	b.ResetTimer()
	b.RunParallel(func(more *testing.PB) {
		for more.Next() {
			if err := turn(); err != nil {
				b.Error(err)
			}
		}
	})
}

func locking(b *testing.B, url string) func() error {
	client, err := repolock.Open(repolock.WithBackend(url))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	return func() error {
		lock, err := client.Lock(context.Background(), "bench/go", repolock.WithWait(repolock.Forever))
		if err != nil {
			return err
		}
		return lock.Unlock()
	}
}

func mutexes(b *testing.B, address string) func() error {
	client := redis.NewClient(&redis.Options{Addr: address})
	b.Cleanup(func() { _ = client.Close() })
	pool := redsync.New(goredis.NewPool(client))
	return func() error {
		mutex := pool.NewMutex("bench-redsync", redsync.WithTries(1<<30))
		if err := mutex.Lock(); err != nil {
			return err
		}
		_, err := mutex.Unlock()
		return err
	}
}
