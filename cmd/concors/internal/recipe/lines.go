package recipe

import (
	"strings"

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
	Notes    []string `json:"notes"`              // how the lines differ from the policy; no page gets more than the policy allows
}

// WriteLines writes policies as the lines of a stack that has [Stack.Where]. The error
// is as in [Write].
func WriteLines(policies routes.Policies, s Stack) (*Lines, error) {
	r, err := Write(policies, s)
	if err != nil {
		return nil, err
	}
	return &Lines{
		Name: s.Name, Title: s.Title, Verified: s.Verified, Where: s.Where,
		Text: strings.Trim(r.Files[0].Text, "\n"), Notes: r.Lost,
	}, nil
}
