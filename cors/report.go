package cors

import (
	"log/slog"
	"net/http"
)

// LogRefusals returns an observer for [Middleware.Observe] that logs what is
// refused, would have been, or looks like a mistake in the set-up: refused
// origins, methods and headers at level Warn, failed lookups, stacked
// middlewares and each [Trap] at level Error. What is granted is not logged.
//
// The origin and the header's name are the client's words, cut to 200 bytes.
// Nothing limits how often a client makes it log, but for traps: that is the
// handler's matter.
func LogRefusals(log *slog.Logger) func(*http.Request, Decision) {
	return func(r *http.Request, d Decision) {
		if d.Trap != NoTrap {
			log.LogAttrs(r.Context(), slog.LevelError, "CORS set-up: "+d.Trap.String(),
				slog.String("pattern", cut(r.Pattern)), slog.String("do", d.Trap.repair()), slog.String("path", cut(r.URL.Path)))
			if d.Trap != MethodPattern {
				return // the decision itself has been told of
			}
		}
		if d.Allowed && !d.Stacked {
			return
		}
		level, message := slog.LevelWarn, "CORS request refused"
		attrs := []slog.Attr{
			slog.String("reason", d.Reason.String()), slog.String("kind", d.Kind.String()),
			slog.String("origin", cut(d.Origin)), slog.String("path", cut(r.URL.Path)),
		}
		if d.Kind == Preflight {
			attrs = append(attrs, slog.String("method", cut(d.Method)))
		}
		if d.Header != "" {
			attrs = append(attrs, slog.String("header", cut(d.Header)))
		}
		if d.Route != "" {
			attrs = append(attrs, slog.String("route", d.Route))
		}
		switch {
		case d.Allowed:
			level, message = slog.LevelError, "CORS middlewares are stacked: the outer one's headers were replaced"
		case d.Reason == LookupFailed:
			level = slog.LevelError
			attrs = append(attrs, slog.Any("error", d.Err))
		}
		switch {
		case d.Shadow:
			attrs = append(attrs, slog.Bool("shadow", true))
		case d.ReportOnly:
			attrs = append(attrs, slog.Bool("reportOnly", true))
		}
		log.LogAttrs(r.Context(), level, message, attrs...)
	}
}

func cut(s string) string { return s[:min(len(s), 200)] }
