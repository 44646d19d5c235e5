// Package console knows the lines that browsers' consoles print when they block a
// fetch, as recorded from Chromium, Firefox and WebKit. [Lines] returns them for an
// error, and [Parse] finds them in a text.
package console

import (
	"slices"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// Lines returns what the console of the profile's browser shows for an error, in
// the order in which it shows it. It returns nil if the browser prints nothing, as
// for a call that the API itself refuses, and for the Standard profile, which has
// no console.
//
// The texts were recorded from the versions that the profiles name. Where a
// browser's checks run in another order than the standard's, Lines returns the
// text of the check that fails first in that browser. Some lines say more if the
// error has its Trace, as every error of [fetch.Agent.Fetch] has. Lines about the
// markup and not about the fetch, such as those that name a font's family, are
// left out. It is safe for concurrent use.
func Lines(err *fetch.NetworkError, p fetch.Profile) []string {
	browser := slices.Index(browsers[:], p.Name)
	if browser < 0 {
		return nil
	}
	v := view{NetworkError: err, browser: browser, reason: shownReason(err, browser)}
	if v.silent() {
		return nil
	}
	for _, row := range table {
		if row.reason == v.reason && (row.when == nil || row.when(v)) {
			return v.render(row.text[browser])
		}
	}
	return nil
}

// Silent reports whether no browser's console prints anything for a reason.
func Silent(r reason.Reason) bool { return slices.Contains(silent, r) }
