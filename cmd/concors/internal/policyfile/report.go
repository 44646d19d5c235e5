package policyfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// FormatVersion is the version of the Report as JSON. It grows when a field is
// removed or changes its meaning.
const FormatVersion = 2

// A Report says what is wrong with a policy file, or what it grants. As JSON it is
// documented in docs/policy-file.md.
type Report struct {
	Version  int       `json:"version"` // FormatVersion
	File     string    `json:"file"`
	Valid    bool      `json:"valid"` // there may still be warnings
	Problems []Problem `json:"problems"`
	Grants   []Grant   `json:"grants"` // none if the file is not valid
}

// Check reads a file and reports on it. The error is that of a file that cannot be
// read; an invalid file is not an error.
func Check(name string) (*Report, error) {
	r := &Report{Version: FormatVersion, File: name, Valid: true, Problems: []Problem{}, Grants: []Grant{}}
	file, err := Open(name)
	var invalid *Errors
	switch {
	case errors.As(err, &invalid):
		r.Valid, r.Problems = false, invalid.Problems
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

// WriteText writes the problems and, if the file is valid, a table of the grants.
func (r *Report) WriteText(w io.Writer) error {
	if err := WriteProblems(w, r.File, r.Problems); err != nil || !r.Valid {
		return err
	}
	if len(r.Problems) > 0 {
		fmt.Fprintln(w)
	}
	return writeTable(w, r.Grants)
}

// WriteProblems writes the problems of the file with that name, one in each line
// whatever its length, because editors and CI parse them.
func WriteProblems(w io.Writer, name string, problems []Problem) error {
	for _, p := range problems {
		if _, err := fmt.Fprintln(w, term.Printable(p.Text(name))); err != nil {
			return err
		}
	}
	return nil
}
