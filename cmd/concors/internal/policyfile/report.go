package policyfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// A Report is what concors policy check says about a policy file.
// docs/policy-file.md documents its JSON.
type Report struct {
	Version  int       `json:"version"`
	File     string    `json:"file"`
	Valid    bool      `json:"valid"`
	Problems []Problem `json:"problems"`
	Grants   []Grant   `json:"grants"` // none if it is not valid
}

// Check reads and checks a policy file. The error is that of a file that cannot
// be read.
func Check(name string) (*Report, error) {
	r := &Report{Version: 2, File: name, Valid: true, Problems: []Problem{}, Grants: []Grant{}}
	file, err := Open(name)
	var faults *Errors
	switch {
	case errors.As(err, &faults):
		r.Valid, r.Problems = false, faults.Problems
	case err != nil:
		return nil, err
	default:
		r.Problems = append(r.Problems, file.Warnings...)
		r.Grants = file.Grants()
	}
	return r, nil
}

// WriteJSON writes the report as indented JSON.
func (r *Report) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }

// WriteText writes the problems, and then what a valid policy grants.
func (r *Report) WriteText(w io.Writer) error {
	if err := WriteProblems(w, r.File, r.Problems); err != nil || !r.Valid {
		return err
	}
	if len(r.Problems) > 0 {
		fmt.Fprintln(w)
	}
	return WriteTable(w, r.Grants)
}

// WriteProblems writes problems in one line each, whatever its length: editors and
// CI parse them.
func WriteProblems(w io.Writer, name string, problems []Problem) error {
	for _, p := range problems {
		if _, err := fmt.Fprintln(w, term.Printable(p.Text(name))); err != nil {
			return err
		}
	}
	return nil
}
