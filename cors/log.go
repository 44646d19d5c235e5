package cors

import (
	"log/slog"
	"net/http"
)

// LogRefusals returns an observer for [Middleware.SetObserver] that logs refusals and setup
// mistakes. Refused origins, methods and headers have the level Warn; failed lookups, stacked
// middlewares and each [SetupMistake] have the level Error; requests that ended before Lookup returned
// have the level Debug. Granted requests are not logged, except those that are allowed by an earlier
// result because Lookup fails now ([Decision].Stale): they have the level Error. Refusals by a shadow
// policy or one with ReportOnly are logged too, and marked.
//
// The values of attributes that clients choose, such as the origin, are cut to 200 bytes. Clients can
// cause one record per request: limit the rate in log's handler if that matters.
func LogRefusals(log *slog.Logger) func(*http.Request, Decision) {
	return func(r *http.Request, d Decision) {
		ctx := r.Context()
		if d.SetupMistake != NoSetupMistake {
			log.ErrorContext(ctx, "CORS setup: "+d.SetupMistake.String(),
				"pattern", cut(r.Pattern), "do", d.SetupMistake.fix(), "path", cut(r.URL.Path))
			if d.SetupMistake != MethodPattern {
				return // the decision itself has been reported before
			}
		}
		level, message := slog.LevelWarn, "CORS request refused"
		switch {
		case d.Allowed && d.Stacked:
			level, message = slog.LevelError, "CORS middlewares are stacked: the outer one's headers were replaced"
		case d.Stale:
			level, message = slog.LevelError, "CORS lookup failed: the origin stays allowed by an earlier result"
		case d.Allowed:
			return
		case d.Reason == LookupFailed:
			level = slog.LevelError
		case d.Reason == RequestEnded:
			level, message = slog.LevelDebug, "CORS request ended before its origin was looked up"
		}
		log.Log(ctx, level, message, d.attributes(r)...)
	}
}

// attributes returns what a log record says about the decision.
func (d *Decision) attributes(r *http.Request) []any {
	args := []any{
		"reason", d.Reason.String(), "kind", d.Kind.String(), "origin", cut(d.Origin), "path", cut(r.URL.Path),
	}
	if d.Kind == Preflight {
		args = append(args, "method", cut(d.Method))
	}
	if d.Header != "" {
		args = append(args, "header", cut(d.Header))
	}
	if d.Route != "" {
		args = append(args, "route", d.Route)
	}
	if d.Err != nil {
		args = append(args, "error", d.Err)
	}
	switch {
	case d.Shadow:
		args = append(args, "shadow", true)
	case d.ReportOnly:
		args = append(args, "reportOnly", true)
	}
	return args
}

func cut(s string) string { return s[:min(len(s), 200)] }
