//go:build go1.21

package repolock

import (
	"context"
	"log/slog"
)

// WithSlog is [WithLogger] for a [log/slog.Logger], up to the level that it is enabled for now.
func WithSlog(logger *slog.Logger) Option {
	ctx := context.Background()
	most := LogError
	for level, its := range slogLevels {
		if level > most && logger.Enabled(ctx, its) {
			most = level
		}
	}
	return WithLogger(most, func(record LogRecord) {
		attrs := make([]slog.Attr, len(record.Fields))
		for i, field := range record.Fields {
			attrs[i] = slog.String(field.Key, field.Value)
		}
		logger.LogAttrs(ctx, slogLevels[record.Level], record.Message, attrs...)
	})
}

var slogLevels = map[LogLevel]slog.Level{
	LogError: slog.LevelError,
	LogWarn:  slog.LevelWarn,
	LogInfo:  slog.LevelInfo,
	LogDebug: slog.LevelDebug,
}
