package recipe

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// A Refusal says why a policy can't be written for a server.
type Refusal struct {
	Stack   Stack    `json:"stack"`
	Reasons []Reason `json:"refused"` // each value of the policy at most once
}

// A Reason says that a server can't express one value of a policy.
type Reason struct {
	// File, Line and Column say where the value is, and Path is its path in the data,
	// such as policy.origins[1]. A value that is not written has the position of its
	// policy. They are zero until [Refusal.Locate] finds them.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Path   string `json:"path,omitempty"`

	Field    string `json:"field"` // as in policy files; "pattern" is that of a route
	Value    string `json:"value"`
	Sentence string `json:"reason"` // why, and what to do, without a full stop

	route, index int // as in Value
}

// String returns the sentence with its value, and its line if it is known.
func (r Reason) String() string {
	what := r.Field + " " + term.Bounded(r.Value)
	switch r.Field {
	case "pattern":
		what = "route " + term.Quote(r.Value)
	case "origins", "methods", "requestHeaders", "exposedHeaders":
		what = strings.TrimSuffix(r.Field, "s") + " " + term.Quote(r.Value)
		what = strings.NewReplacer("requestHeader", "request header", "exposedHeader", "exposed header").Replace(what)
	}
	if r.Value == "" {
		what = r.Field
	}
	if r.Line > 0 {
		what = fmt.Sprintf("%s:%d: %s", r.File, r.Line, what)
	}
	return what + ": " + r.Sentence
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s can't do what the policy says: %s", r.Stack.Title, strings.Join(r.Sentences(), "; "))
}

// Sentences returns the reasons in words.
func (r *Refusal) Sentences() (out []string) {
	for _, reason := range r.Reasons {
		out = append(out, reason.String())
	}
	return out
}

// Locate finds the values in the policy file that was refused, sorts the reasons by
// line, and removes those for values that routes inherit.
func (r *Refusal) Locate(name string, file *policyfile.File) {
	for i := range r.Reasons {
		reason := &r.Reasons[i]
		path, at := file.Position(reason.route, reason.Field, reason.index)
		reason.File, reason.Line, reason.Column, reason.Path = name, at.Line, at.Column, path
	}
	slices.SortStableFunc(r.Reasons, func(a, b Reason) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column)
	})
	r.Reasons = slices.CompactFunc(r.Reasons, func(a, b Reason) bool {
		return a.Line == b.Line && a.Column == b.Column && a.Field == b.Field && a.Value == b.Value
	})
}

// maxReasons is how many reasons are printed. More are usually one made many times.
const maxReasons = 20

// WriteText writes why there is no recipe.
func (r *Refusal) WriteText(w io.Writer) error {
	t := term.Text{}
	t.Hang(0, 0, fmt.Sprintf("No recipe for %s does what this policy says:", r.Stack.Title))
	for i, sentence := range r.Sentences() {
		if i == maxReasons {
			t.Add(fmt.Sprintf("  - and %d more: --json prints all of them.", len(r.Reasons)-i))
			break
		}
		t.Label("  - ", 4, sentence+".")
	}
	return t.Write(w)
}

// WriteJSON writes the refusal as indented JSON.
func (r *Refusal) WriteJSON(w io.Writer) error {
	return term.WriteJSON(w, struct {
		Version int `json:"version"`
		*Refusal
	}{1, r})
}

// A Value is a value in the policy of a rule.
type Value struct {
	Field string // as in policy files; "pattern" is that of the route
	Index int    // in a list, otherwise -1
	Text  string
}

// A Find returns the values of a rule that a server can't express.
type Find func(*Rule) []Value

// At finds one value if a rule has a need: an item of a list such as "*", or the
// field itself.
func At(field, value string, need Need) Find {
	return func(r *Rule) []Value {
		if !need(r) {
			return nil
		}
		return []Value{{field, r.index(field, value), value}}
	}
}

// Route finds the pattern of a rule's route.
func Route(need Need) Find {
	return func(r *Rule) []Value {
		if !Routed(r) || !need(r) {
			return nil
		}
		return []Value{{"pattern", -1, r.Route}}
	}
}

// Status finds the status of preflight responses.
func Status(need Need) Find {
	return func(r *Rule) []Value {
		if !need(r) {
			return nil
		}
		return []Value{{"preflightStatus", -1, strconv.Itoa(r.Status)}}
	}
}

// Embedding finds a Cross-Origin-Resource-Policy that restricts embedding.
func Embedding(r *Rule) []Value {
	if !RestrictsEmbedding(r) {
		return nil
	}
	return []Value{{"resourcePolicy", -1, r.ResourcePolicy}}
}

// Items finds the items of a list, other than "*", for which refused returns true.
func Items(field string, refused func(item string) bool) Find {
	return func(r *Rule) (out []Value) {
		if r.Off {
			return nil
		}
		for i, item := range r.list(field) {
			if item != "*" && refused(item) {
				out = append(out, Value{field, i, item})
			}
		}
		return out
	}
}

// Origins finds the origins for which refused returns true, unless any origin is allowed.
func Origins(refused func(origin string) bool) Find {
	items := Items("origins", refused)
	return func(r *Rule) []Value {
		if !SomeOrigins(r) || r.AnyOriginWithCredentials {
			return nil
		}
		return items(r)
	}
}

// MoreOriginsThan finds the first origin that is beyond a server's limit, where each
// port of a list counts.
func MoreOriginsThan(limit int) Find {
	return func(r *Rule) []Value {
		if !SomeOrigins(r) || r.AnyOriginWithCredentials {
			return nil
		}
		count := 0
		for i, o := range r.policy.Origins {
			if count += len(originAndPorts(o)); count > limit {
				return []Value{{"origins", i, o}}
			}
		}
		return nil
	}
}

// list returns a field that is a list, as in the policy.
func (r *Rule) list(field string) []string {
	switch field {
	case "origins":
		return r.policy.Origins
	case "methods":
		return r.policy.Methods
	case "requestHeaders":
		return r.policy.RequestHeaders
	case "exposedHeaders":
		return r.policy.ExposedHeaders
	case "dangerouslyAllowAnyHost":
		return r.policy.DangerouslyAllowAnyHost
	case "dangerouslyAllowAddressRanges":
		return r.policy.DangerouslyAllowAddressRanges
	}
	return nil
}

func (r *Rule) index(field, value string) int { return slices.Index(r.list(field), value) }

// Forms of origins that some servers can't express.

// OtherScheme reports whether the scheme is neither http nor https.
func OtherScheme(o string) bool {
	return !strings.HasPrefix(o, "http://") && !strings.HasPrefix(o, "https://")
}

// IPv6 reports whether the host is an IPv6 address.
func IPv6(o string) bool { return strings.Contains(o, "://[") }

// AnyPort reports whether any port is allowed.
func AnyPort(o string) bool { return strings.HasSuffix(o, ":*") }

// HostWildcard reports whether the host has a wildcard.
func HostWildcard(o string) bool { return strings.Contains(hostOf(o), "*") }

// PartOfLabel reports whether a wildcard is not at the beginning of the host, or is
// only a part of a label.
func PartOfLabel(o string) bool {
	return strings.Contains(strings.TrimPrefix(hostOf(o), "*."), "*")
}

// Underscore reports whether the host has an underscore.
func Underscore(o string) bool { return strings.Contains(hostOf(o), "_") }

// NotAccepted reports whether a server does not accept the origin, or one of the
// origins that a list of ports is written as.
func NotAccepted(accepts func(origin string) bool) func(origin string) bool {
	return func(o string) bool {
		return slices.ContainsFunc(originAndPorts(o), func(each string) bool { return !accepts(each) })
	}
}

// hostOf returns the host of an origin or a pattern.
func hostOf(o string) string {
	_, host, _ := strings.Cut(o, "://")
	if end := strings.IndexByte(host, ']'); strings.HasPrefix(host, "[") && end > 0 {
		return host[:end+1]
	}
	host, _, _ = strings.Cut(host, ":")
	return host
}
