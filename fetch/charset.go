package fetch

import (
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/internal/mime"
)

// setCharset sets the charset of a script's Content-Type to UTF-8, in which
// XMLHttpRequest's send() encodes its string, if the script named another one:
// https://xhr.spec.whatwg.org/#the-send()-method.
func (f *fetchParams) setCharset(req *request) {
	value, ok := req.header.Get("Content-Type")
	if !ok || req.initiator != InitiatorXHR {
		return
	}
	switch source := req.body.source; source {
	case sourceString, sourceURLSearchParams:
		f.quirks.setXHRContentType(req, f.quirks.rewriteCharset(value, source))
	}
}

// withUTF8Charset returns the Content-Type with a charset of UTF-8 if it has
// another charset, and unchanged if not.
func withUTF8Charset(value string) string {
	t, ok := mime.Parse(value)
	if !ok {
		return value
	}
	changed := value
	for i, p := range t.Params {
		if p.Name == "charset" && !field.EqualFold(p.Value, "UTF-8") {
			t.Params[i].Value = "UTF-8"
			changed = t.String()
		}
	}
	return changed
}
