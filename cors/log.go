package cors

import (
	"context"
	"log/slog"
	"net/http"
)

// LogRefusals returns an observer for [Middleware.SetObserver] that logs refusals and setup mistakes.
// Refused origins, methods and headers have the level Warn; failed lookups, stacked middlewares and
// each [SetupMistake] have the level Error. Granted requests are not logged. Refusals by a shadow policy
// or one with ReportOnly are logged too, and marked.
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
		switch {
		case d.Allowed && d.Stacked:
			logDecision(ctx, log, slog.LevelError, "CORS middlewares are stacked: the outer one's headers were replaced", r, &d)
		case d.Allowed:
		case d.Reason == LookupFailed:
			logDecision(ctx, log, slog.LevelError, "CORS request refused", r, &d)
		default:
			logDecision(ctx, log, slog.LevelWarn, "CORS request refused", r, &d)
		}
	}
}

func logDecision(ctx context.Context, log *slog.Logger, level slog.Level, message string, r *http.Request, d *Decision) {
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
	if d.Err != nil {
		args = append(args, "error", d.Err)
	}
	switch {
	case d.Shadow:
		args = append(args, "shadow", true)
	case d.ReportOnly:
		args = append(args, "reportOnly", true)
	}
	log.Log(ctx, level, message, args...)
}

func cut(s string) string { return s[:min(len(s), 200)] }
