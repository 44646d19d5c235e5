// Package reason lists the reasons for which a browser blocks a fetch, one row
// each in a table (table.go). Other packages add facts about a reason, such as the
// console lines and the fix, and key them by its [Reason].
package reason

import "fmt"

// A Reason is one way in which a fetch can fail. Most names are those of
// Chromium's DevTools protocol (CorsError). The zero Reason means that nothing
// failed.
type Reason uint8

// A Phase is the part of a fetch in which a reason arises.
type Phase uint8

// The phases, in the order in which a fetch goes through them.
const (
	Call      Phase = iota + 1 // fetch() or XMLHttpRequest refuses the call
	Before                     // the request is blocked before anything is sent
	Preflight                  // the preflight fails
	Send                       // the request is blocked when it is about to be sent, or sent again
	CORSCheck                  // the response fails the CORS check
	Redirect                   // a redirect may not be followed
	Policy                     // another policy blocks the response
	Network                    // the network fails, or a limit of package fetch is reached
)

// A Party is who must change something to fix a reason.
type Party string

// The parties.
const (
	Server Party = "server" // the server's response
	Page   Party = "page"   // the page or its request
	User   Party = "user"   // a setting of the person at the browser, or of the program that runs the agent
)

// All returns every reason, phase by phase.
func All() []Reason {
	all := make([]Reason, len(table))
	for i, row := range table {
		all[i] = row.reason
	}
	return all
}

// rows holds each reason's row. A number that is not in the table has an empty row.
var rows = func() (rows [256]*row) {
	for i := range rows {
		rows[i] = &row{}
	}
	for i := range table {
		rows[table[i].reason] = &table[i]
	}
	return rows
}()

// String returns the reason's name.
func (r Reason) String() string {
	if name := rows[r].name; name != "" {
		return name
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// MarshalText returns the name; the zero Reason is "".
func (r Reason) MarshalText() ([]byte, error) {
	if r == 0 {
		return []byte{}, nil
	}
	return []byte(r.String()), nil
}

// UnmarshalText sets the reason to the one with the given name; "" is the zero
// Reason.
func (r *Reason) UnmarshalText(name []byte) error {
	if len(name) == 0 {
		*r = 0
		return nil
	}
	for _, row := range table {
		if row.name == string(name) {
			*r = row.reason
			return nil
		}
	}
	return fmt.Errorf("unknown reason %q", name)
}

// Phase returns the part of a fetch in which the reason arises.
func (r Reason) Phase() Phase { return rows[r].phase }

// Algorithm returns the name of the standard's algorithm in which the reason
// arises.
func (r Reason) Algorithm() string { return rows[r].algorithm }

// Anchor returns the URL of the rule in its standard.
func (r Reason) Anchor() string { return rows[r].anchor }

// Explanation says in one sentence what was found and why that blocks a fetch.
func (r Reason) Explanation() string { return rows[r].explanation }

// Protects says whom the rule behind the reason protects, and from what.
func (r Reason) Protects() string { return rows[r].protects }

// Party returns who must change something to fix the reason.
func (r Reason) Party() Party { return rows[r].party }

// Preflight reports whether the preflight failed, so that the page's own request
// was never sent.
func (r Reason) Preflight() bool { return r.Phase() == Preflight }

// CORS reports whether a server can fix the reason with nothing but CORS headers
// and the preflight's status.
func (r Reason) CORS() bool { return r.Preflight() || r.Phase() == CORSCheck }

// CORSCheck reports whether the CORS check failed, on the response to a preflight
// or to the request itself.
func (r Reason) CORSCheck() bool { return r.InPreflight() != r || r.WithoutPreflight() != r }

// Unreachable reports whether the server sent no usable response, as opposed to
// one that a browser hides from the page.
func (r Reason) Unreachable() bool { return r.Phase() == Network }

// Refused reports whether the API refuses the call itself, whatever the server
// does.
func (r Reason) Refused() bool { return r.Phase() == Call }

// InPreflight returns the reason for the same failed CORS check in the response to
// a preflight. It returns any other reason as it is.
func (r Reason) InPreflight() Reason {
	if twin := rows[r].inPreflight; twin != 0 {
		return twin
	}
	return r
}

// WithoutPreflight is the reverse of [Reason.InPreflight].
func (r Reason) WithoutPreflight() Reason {
	if r == 0 {
		return r
	}
	for _, row := range table {
		if row.inPreflight == r {
			return row.reason
		}
	}
	return r
}
