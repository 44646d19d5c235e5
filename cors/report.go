package cors

import (
	"context"
	"net/http"
)

// A Logger is what [LogRefusals] needs of a [*slog.Logger]. Package slog itself
// is not imported, because it is added to every program that imports it, also if
// it logs nothing.
//
// [*slog.Logger]: https://pkg.go.dev/log/slog#Logger
type Logger interface {
	WarnContext(ctx context.Context, message string, args ...any)
	ErrorContext(ctx context.Context, message string, args ...any)
}

// LogRefusals returns an observer for [Middleware.SetObserver] that logs what is
// refused, would have been, or looks like a mistake in the set-up: refused
// origins, methods and headers at level Warn, failed lookups, stacked
// middlewares and each [Trap] at level Error. What is granted is not logged.
//
// The origin and the header's name are the client's words, cut to 200 bytes.
// Nothing limits how often a client makes it log, but for traps: that is the
// handler's matter.
func LogRefusals(log Logger) func(*http.Request, Decision) {
	return func(r *http.Request, d Decision) {
		if d.Trap != NoTrap {
			log.ErrorContext(r.Context(), "CORS set-up: "+d.Trap.String(),
				"pattern", cut(r.Pattern), "do", d.Trap.repair(), "path", cut(r.URL.Path))
			if d.Trap != MethodPattern {
				return // the decision itself has been told of
			}
		}
		if d.Allowed && !d.Stacked {
			return
		}
		write, message := log.WarnContext, "CORS request refused"
		args := []any{"reason", d.Reason.String(), "kind", d.Kind.String(), "origin", cut(d.Origin), "path", cut(r.URL.Path)}
		if d.Kind == Preflight {
			args = append(args, "method", cut(d.Method))
		}
		if d.Header != "" {
			args = append(args, "header", cut(d.Header))
		}
		if d.Route != "" {
			args = append(args, "route", d.Route)
		}
		switch {
		case d.Allowed:
			write, message = log.ErrorContext, "CORS middlewares are stacked: the outer one's headers were replaced"
		case d.Reason == LookupFailed:
			write = log.ErrorContext
			args = append(args, "error", d.Err)
		}
		switch {
		case d.Shadow:
			args = append(args, "shadow", true)
		case d.ReportOnly:
			args = append(args, "reportOnly", true)
		}
		write(r.Context(), message, args...)
	}
}

func cut(s string) string { return s[:min(len(s), 200)] }
