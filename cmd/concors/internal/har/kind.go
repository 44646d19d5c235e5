package har

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"slices"
)

// IsRecording reports whether a text begins as a HAR file does: an object whose
// member log is an object with one of the members that HAR has. A JSON log, which
// may also have a member with that name, is a text. The text may be compressed with gzip.
func IsRecording(start []byte) bool {
	if gz, err := gzip.NewReader(bytes.NewReader(start)); err == nil {
		start, _ = io.ReadAll(io.LimitReader(gz, 64<<10)) // the end of the start is missing
	}
	start = bytes.TrimPrefix(start, []byte("\ufeff"))
	d := json.NewDecoder(bytes.NewReader(start))
	begins := func() bool {
		t, err := d.Token()
		return err == nil && t == json.Delim('{')
	}
	if !begins() {
		return false
	}
	for {
		name, err := d.Token()
		if err != nil || name == json.Delim('}') {
			return false
		}
		if name == "log" {
			if !begins() {
				return false
			}
			member, err := d.Token()
			return err != nil || slices.Contains([]json.Token{"version", "creator", "browser", "pages", "entries", "comment", json.Delim('}')}, member)
		}
		if err := d.Decode(new(json.RawMessage)); err != nil {
			return false
		}
	}
}
