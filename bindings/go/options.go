package repolock

// #include <stdlib.h>
// #include "shims.h"
import "C"

import (
	"os"
	"unsafe"
)

// An Option says how to open a client.
type Option func(*settings)

type settings struct {
	pairs    []pair
	logger   func(LogRecord)
	logLevel LogLevel
}

type pair struct{ key, value string }

// WithBackend says where the locks live, as a URL: "file:", "file:///dir", "memory:NAME",
// "redis://[user:password@]host[:port][/database]", "redis+unix:///path",
// "redis+quorum://host:port,...". Without it the environment variable REPOLOCK_URL does, and without
// that they live in files of this host and user.
func WithBackend(url string) Option { return WithConfig("backend", url) }

// WithConfig sets one of the library's options, such as "ttl_ms", "redis.prefix" or "repo.form"; its
// README has the table.
func WithConfig(key, value string) Option {
	return func(s *settings) { s.pairs = append(s.pairs, pair{key, value}) }
}

func gather(options []Option) *settings {
	s := &settings{}
	for _, option := range options {
		option(s)
	}
	if url := os.Getenv("REPOLOCK_URL"); url != "" && !s.has("backend") {
		s.pairs = append(s.pairs, pair{"backend", url})
	}
	return s
}

func (s *settings) has(key string) bool {
	for _, each := range s.pairs {
		if each.key == key {
			return true
		}
	}
	return false
}

// config gives the library's form of the settings, to be freed.
func (s *settings) config(what string) (*C.repolock_config_t, error) {
	config := C.repolock_config_new()
	if config == nil {
		return nil, &Error{Op: what, Err: ErrNoMemory}
	}
	for _, each := range s.pairs {
		if err := set(config, each, what); err != nil {
			C.repolock_config_free(config)
			return nil, err
		}
	}
	return config, nil
}

func set(config *C.repolock_config_t, each pair, what string) error {
	key, value := C.CString(each.key), C.CString(each.value)
	defer freeString(key)
	defer freeString(value)
	var sentence sentenceBuffer
	status := C.repolock_config_set(config, key, value, sentence.data(), sentence.size())
	return sentence.failure(status, what, "")
}

func freeString(text *C.char) { C.free(unsafe.Pointer(text)) }

// Where the library's simple calls write what was wrong.
type sentenceBuffer [C.REPOLOCK_ERR_SIZE]C.char

func (b *sentenceBuffer) data() *C.char  { return &b[0] }
func (b *sentenceBuffer) size() C.size_t { return C.size_t(len(b)) }

func (b *sentenceBuffer) failure(status C.repolock_status_t, what, repo string) error {
	if status == C.REPOLOCK_OK {
		return nil
	}
	return &Error{Op: what, Repo: repo, Err: sentinel(status), Message: C.GoString(b.data())}
}

// Canonical is the one spelling under which a client with these options locks repo.
func Canonical(repo string, options ...Option) (string, error) {
	config, err := gather(options).config("canonical")
	if err != nil {
		return "", err
	}
	defer C.repolock_config_free(config)
	var name [C.REPOLOCK_REPO_SIZE]C.char
	var sentence sentenceBuffer
	status := C.shim_canonical(config, repo, &name[0], sentence.data(), sentence.size())
	if err := sentence.failure(status, "canonical", repo); err != nil {
		return "", err
	}
	return C.GoString(&name[0]), nil
}
