package repolock

// #include "shims.h"
import "C"

// A LogLevel says how grave a record is.
type LogLevel int

// The levels; a larger one says more.
const (
	LogError LogLevel = C.REPOLOCK_LOG_ERROR
	LogWarn  LogLevel = C.REPOLOCK_LOG_WARN
	LogInfo  LogLevel = C.REPOLOCK_LOG_INFO
	LogDebug LogLevel = C.REPOLOCK_LOG_DEBUG
)

// A LogRecord is one line of the client's log: a sentence, and the same as data.
type LogRecord struct {
	Level   LogLevel
	Message string
	Fields  []LogField // event, repo, node...
}

// A LogField is one datum of a record.
type LogField struct{ Key, Value string }

// WithLogger hands records up to level to logger, one at a time, on goroutines of this package. While
// it blocks no wait of the client ends, though what is held is renewed. A panic in it ends the
// program, as in any goroutine. Nothing is logged without it.
func WithLogger(level LogLevel, logger func(LogRecord)) Option {
	return func(s *settings) { s.logger, s.logLevel = logger, level }
}

func (c *core) subscribe() {
	if c.logger == nil {
		return
	}
	tag := c.events.listen(func(event *C.repolock_event_t, _ C.int32_t) {
		if event != nil {
			c.log(LogRecord{
				Level:   LogLevel(C.repolock_event_level(event)),
				Message: C.GoString(C.repolock_event_message(event)),
				Fields:  fields(event),
			})
		}
	})
	C.shim_on_log(c.handle, C.int32_t(c.logLevel), tag)
}

func (c *core) log(record LogRecord) {
	if c.logger == nil || record.Level > c.logLevel {
		return
	}
	c.logging.Lock()
	defer c.logging.Unlock()
	c.logger(record)
}

func fields(event *C.repolock_event_t) []LogField {
	var all []LogField
	var key, value *C.char
	for i := C.size_t(0); C.repolock_event_field(event, i, &key, &value) == C.REPOLOCK_OK; i++ {
		all = append(all, LogField{C.GoString(key), C.GoString(value)})
	}
	return all
}
