package recipe

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors/routes"
)

// Lines are a policy as people who use a product usually write it: the few lines of
// options that they already have, and not a file of its own. The long form, which
// holds every policy exactly, is a [Recipe].
type Lines struct {
	Name     string   `json:"name"` // what --for takes
	Title    string   `json:"title"`
	Verified string   `json:"verified,omitempty"` // as in Stack
	Where    string   `json:"where"`              // one sentence: which file, and where in it
	Text     string   `json:"text"`               // ends without a newline
	Replaces bool     `json:"-"`                  // as in Stack
	Notes    []string `json:"notes"`              // how the lines differ from the policy; no page gets more than the policy allows
	Defaults string   `json:"defaults,omitempty"` // what they allow besides the policy, in a sentence; see WriteBrief
	// OpenOrigins, OpenMethods and OpenHeaders report whether other origins, methods and
	// request headers have to be added for other pages and requests; see WriteBrief.
	OpenOrigins, OpenMethods, OpenHeaders bool `json:"-"`

	Comment string `json:"-"` // as in Stack
}

// WriteLines writes policies as the lines of a stack that has [Stack.Where]. The error
// is as in [Write].
func WriteLines(policies routes.Policies, s Stack) (*Lines, error) {
	lines, _, err := writeLines(policies, s, nil)
	return lines, err
}

// WriteBrief writes a policy that is known for one request only, as people would write it:
// without the options for methods and request headers if the product's defaults allow what
// the policy does. [Lines.Defaults] says what they allow. The error is as in [Write].
func WriteBrief(policies routes.Policies, s Stack) (*Lines, error) {
	lines, r, err := writeLines(policies, s, cmp.Or(s.Defaults, &Defaults{}))
	if err != nil {
		return nil, err
	}
	lines.Defaults = r.defaultsSentence()
	lines.OpenOrigins = !r.AnyOrigin
	lines.OpenMethods = !r.AnyMethod && !(r.OmitMethods() && (r.defaults.anyMethod() || covers(r.defaults.Methods, UsualDefaults.Methods, false)))
	lines.OpenHeaders = !r.AnyRequestHeader && !(r.OmitHeaders() && r.defaults.anyHeader())
	return lines, nil
}

func writeLines(policies routes.Policies, s Stack, defaults *Defaults) (*Lines, *Rule, error) {
	p, lost, err := plan(policies, s)
	if err != nil {
		return nil, nil, err
	}
	rule := p.Rest()
	rule.defaults = defaults
	r, err := s.execute(templateData{Plan: p, Stack: s, Lost: lost})
	if err != nil {
		return nil, nil, err
	}
	return &Lines{
		Name: s.Name, Title: s.Title, Verified: s.Verified, Where: s.Where, Replaces: s.Replaces,
		Text: strings.Trim(r.Files[0].Text, "\n"), Notes: r.Lost, Comment: s.Comment,
	}, rule, nil
}

func (d *Defaults) anyMethod() bool { return slices.Equal(d.Methods, AnyName) }

func (d *Defaults) anyHeader() bool { return slices.Equal(d.Headers, AnyName) }

// OmitMethods reports whether the option for methods is left out.
func (r *Rule) OmitMethods() bool {
	return r.defaults != nil && covers(r.defaults.Methods, r.Methods, r.AnyMethod)
}

// OmitHeaders reports whether the option for request headers is left out.
func (r *Rule) OmitHeaders() bool {
	return r.defaults != nil && covers(r.defaults.Headers, r.RequestHeaders, r.AnyRequestHeader)
}

// OmitMaxAge reports whether the option for the max age is left out.
func (r *Rule) OmitMaxAge() bool { return r.defaults != nil && r.MaxAge == "" }

// covers reports whether defaults allow all of these names.
func covers(defaults, names []string, any bool) bool {
	if len(defaults) == 0 || slices.Equal(defaults, AnyName) {
		return len(defaults) > 0
	}
	return !any && !slices.ContainsFunc(names, func(name string) bool {
		return !slices.ContainsFunc(defaults, func(d string) bool { return strings.EqualFold(d, name) })
	})
}

// defaultsSentence says what the options allow that are left out, or is "".
func (r *Rule) defaultsSentence() string {
	var allows []string
	if r.OmitMethods() {
		switch {
		case r.defaults.anyMethod():
			allows = append(allows, "any method")
		case !slices.Equal(r.defaults.Methods, NoOthers):
			allows = append(allows, term.And(r.defaults.Methods))
		}
	}
	if r.OmitHeaders() {
		if r.defaults.anyHeader() {
			allows = append(allows, "any request header")
		} else {
			allows = append(allows, "the request "+term.Plural(len(r.defaults.Headers), "header")+" "+term.And(r.defaults.Headers))
		}
	}
	if len(allows) == 0 {
		return ""
	}
	return "These lines also allow " + strings.Join(allows, ", and ") + ": the product's " + term.Plural(len(allows), "default") + "."
}

// WriteText writes the lines, with a comment above them that says where they go, and one
// below them with the notes.
func (l *Lines) WriteText(w io.Writer) error {
	var b strings.Builder
	comment := func(first, rest, text string) {
		for _, line := range term.Wrap(text, 78-len(l.Comment+rest)) {
			b.WriteString(l.Comment + first + line + "\n")
			first = rest
		}
	}
	verified := "not verified: test it with concors verify policy.yaml URL."
	if l.Verified != "" {
		verified = "verified with " + l.Verified + "."
	}
	comment("", "", l.Title+", "+verified)
	comment("", "", l.Where)
	b.WriteString("\n" + l.Text + "\n")
	if len(l.Notes) > 0 {
		b.WriteString("\n")
		comment("", "", "Differences from the policy:")
		for _, note := range l.Notes {
			comment("- ", "  ", note+".")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the lines as indented JSON.
func (l *Lines) WriteJSON(w io.Writer) error {
	return term.WriteJSON(w, struct {
		Version int `json:"version"`
		*Lines
	}{1, l})
}
