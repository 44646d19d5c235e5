// Package report presents the result of one request: as text with a drawing of
// who sent what to whom, as an HTML page with that drawing as SVG, as Markdown,
// and as JSON.
//
// What servers send is hostile text. A result keeps it as it came, and every
// form escapes and bounds it.
package report

import (
	"errors"
	"io"
	"time"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// FormatVersion is the version of the Report's JSON. It grows when a field is
// removed or changes its meaning; new fields may appear without that.
const FormatVersion = 2

// A Report is a result and, if a server has to change, how. As JSON it is stable
// and documented in docs/check-json.md.
type Report struct {
	Version int `json:"version"` // FormatVersion
	request.Result
	// ServerFix is nil if the server's CORS headers are not what blocks the request.
	ServerFix *serverfix.Fix `json:"serverFix,omitempty"`

	masked bool
	made   time.Time
}

// New makes a report of a result, without the secrets in it: reports are shared. fix
// may be nil.
func New(result *request.Result, fix *serverfix.Fix) *Report {
	m := &secret.Masker{}
	result.LearnSecrets(m)
	r := secret.Copy(m, *NewWithSecrets(result, fix))
	r.masked = true
	return &r
}

// NewWithSecrets is New without masking.
func NewWithSecrets(result *request.Result, fix *serverfix.Fix) *Report {
	return &Report{Version: FormatVersion, Result: *result, ServerFix: fix, made: time.Now()}
}

// errEmpty is the error of a report without results.
var errEmpty = errors.New("the report has no results")

// WriteJSON writes the report as indented JSON, with its answer. Characters that a
// terminal could act on are escaped in it, so that it is safe to look at.
func (r *Report) WriteJSON(w io.Writer) error {
	return term.WriteJSON(w, struct {
		Version int     `json:"version"`
		Answer  *Answer `json:"answer,omitempty"`
		*request.Result
		ServerFix *serverfix.Fix `json:"serverFix,omitempty"`
	}{r.Version, r.Answer(), &r.Result, r.ServerFix})
}
