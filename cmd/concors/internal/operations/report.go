package operations

import (
	"io"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/reason"
)

// FormatVersion is the version of the Report as JSON. It grows when a field is
// removed or changes its meaning.
const FormatVersion = 3

// A Verdict is the result in one word.
type Verdict string

// The verdicts.
const (
	Usable   Verdict = "usable"
	Unusable Verdict = "unusable"
	Unknown  Verdict = "unknown"
)

// A Report is what [Run] found. As JSON it is documented in docs/verify-json.md.
type Report struct {
	Version  int     `json:"version"`         // FormatVersion
	Document string  `json:"document"`        // its file
	Verdict  Verdict `json:"verdict"`         // the worst of the sites'
	Sites    []Site  `json:"sites"`           // one for each URL and browser, or for each browser
	Cause    string  `json:"cause,omitempty"` // why there are no sites
}

// A Site is the result of one browser: with the policy alone, or with a server.
type Site struct {
	URL            string   `json:"url"` // "" without a server
	Browser        string   `json:"browser"`
	BrowserVersion string   `json:"browserVersion"`
	Policy         bool     `json:"policy"` // there is one
	Verdict        Verdict  `json:"verdict"`
	Cause          string   `json:"cause,omitempty"` // why something is not known
	Requests       int      `json:"requests"`        // sent
	Skipped        int      `json:"skipped"`         // tests left out because of the limit on requests
	NoResponse     int      `json:"noResponse"`      // tests without a response
	NotKnown       int      `json:"notKnown"`        // tests that something in front of the server refused
	NotFound       bool     `json:"notFound"`        // every response had status 404
	Causes         []Cause  `json:"causes"`          // of the problems, those of most operations first
	Operations     []Result `json:"operations"`      // all, in the document's order
	Changes        []Change `json:"changes"`         // to the policy, that would fix something
	Unneeded       []Grant  `json:"unneeded"`        // what the policy grants and no operation needs
}

// A Result is what was found out about one operation.
type Result struct {
	ID       string    `json:"id"` // its operationId
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	File     string    `json:"file,omitempty"` // relative to the document's folder, if it is another file
	Line     int       `json:"line"`
	Column   int       `json:"column"`
	URL      string    `json:"url"`   // that was tested, with made-up values
	Pages    []string  `json:"pages"` // the origins that it was tested for
	Usable   bool      `json:"usable"`
	Unknown  string    `json:"unknown,omitempty"` // why not everything is known
	Problems []Problem `json:"problems"`

	tested bool
}

// A Problem is something that pages cannot do.
type Problem struct {
	Kind string `json:"kind"`
	// Note marks what pages can do without: an optional header.
	Note    bool     `json:"note"`
	File    string   `json:"file,omitempty"` // as in a Result
	Line    int      `json:"line"`           // of what needs it
	Column  int      `json:"column"`
	Problem string   `json:"problem"` // what a page cannot do: "send PUT"
	Origins []string `json:"origins"` // of the pages
	// Change is the smallest change that fixes it, "" if there is none. It is to
	// the policy, or to the server if the policy allows it or there is none.
	Change string        `json:"change,omitempty"`
	Reason reason.Reason `json:"reason,omitzero"` // why the browser blocks it
	// Differs means that server and policy differ. The sentences say how.
	Differs     bool   `json:"differs"`
	PolicySays  string `json:"policySays,omitempty"`
	ServerDoes  string `json:"serverDoes,omitempty"`
	BrowserDoes string `json:"browserDoes,omitempty"`
	// Request and Response are the evidence, as text.
	Request  string `json:"request,omitempty"`
	Response string `json:"response,omitempty"`
}

// A Cause is what problems of several operations have in common: one change fixes
// all of them.
type Cause struct {
	Kind    string        `json:"kind"`
	Note    bool          `json:"note"`
	Problem string        `json:"problem"` // of the first one
	Change  string        `json:"change,omitempty"`
	Reason  reason.Reason `json:"reason,omitzero"`
	// Operations counts the operations that have it, and Places names them all:
	// "api.yaml:23: POST /items".
	Operations int      `json:"operations"`
	Places     []string `json:"places"`

	where [][2]int // indexes of the operation in the site's list, and of the problem in its list
}

// A Change is a change to a policy.
type Change struct {
	Text       string `json:"text"`
	Operations int    `json:"operations"` // how many need it
}

// A Grant is something that a policy grants.
type Grant struct {
	Field string `json:"field"` // methods, requestHeaders, exposedHeaders, credentials or originsWithCredentials
	Value string `json:"value"` // "" for all of originsWithCredentials
}

// WriteJSON writes the report as indented JSON. Text from a server is escaped in
// it, as it is in the text form.
func (r *Report) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }
