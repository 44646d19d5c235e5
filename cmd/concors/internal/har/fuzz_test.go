package har

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"
)

// FuzzRead checks that every file gives an *Error, or a report that counts each entry
// once and whose text fits a terminal. The report must not depend on the layout of the
// JSON, or on how the bytes arrive.
func FuzzRead(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.har")
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		// A few entries each: a small file is mutated much faster.
		var whole struct {
			Log struct {
				Creator any   `json:"creator"`
				Pages   any   `json:"pages"`
				Entries []any `json:"entries"`
			} `json:"log"`
		}
		if err := json.Unmarshal(raw, &whole); err != nil {
			f.Fatal(err)
		}
		for some := range slices.Chunk(whole.Log.Entries, 2) {
			whole.Log.Entries = some
			seed, err := json.Marshal(whole)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(seed)
		}
	}
	const origins = `"headers":[{"name":"Origin","value":"https://a.example"},{"name":"Cookie","value":"a"}]`
	f.Add([]byte(`{"log":{"entries":[{"request":{"method":"PUT","url":"https://b.example/",` + origins + `},"response":{"status":307,"redirectURL":"https://c.example/"}},` +
		`{"request":{"method":"PUT","url":"https://c.example/",` + origins + `}},{"startedDateTime":"2026-01-01T00:00:00Z","time":1e400,"request":{"method":"OPTIONS","url":"https://c.example/","headers":[{"name":"access-control-request-method","value":"PUT"}]}}]}}`))
	f.Add([]byte(`{"log":{"entries":[{"request":{"headers":[1]}}]}}`))
	f.Add([]byte(`{"log":{"x":1e400,"entries":[]}}`))
	f.Add([]byte(`{"log":{"entries":[{"request":{"headers":[]},"response":{"status":1e400}}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Read(bytes.NewReader(raw), Options{})
		if err != nil {
			if broken := (*Error)(nil); !errors.As(err, &broken) || broken.Problem == "" || broken.Hint == "" {
				t.Fatalf("%#v", err)
			}
			checkText(t, strings.ReplaceAll(err.Error(), "\n", " "), 0)
			return
		}
		q, n := r.Requests, r.NotCORS
		reported := r.LeftOut
		for _, finding := range r.Findings {
			reported += finding.Times
		}
		if q.All+r.Preflights+r.Redirects+n.SameOrigin+n.NoCORS+n.Navigation+n.WebSocket+n.ServiceWorker+n.Other != r.Entries ||
			q.All != q.Allowed+q.Blocked+q.Depends+q.Unknown || reported != q.All-q.Allowed {
			t.Fatalf("not every entry is counted once: %+v", r)
		}
		var text strings.Builder
		if err := r.WriteText(&text, TextOptions{More: true}); err != nil {
			t.Fatal(err)
		}
		checkText(t, text.String(), 80)

		again, err := Read(iotest.HalfReader(bytes.NewReader(raw)), Options{})
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Fatalf("read in pieces, the report differs: %v", err)
		}
		var indented bytes.Buffer
		if json.Indent(&indented, bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), "\t", "  ") != nil {
			return // the object is followed by something else
		}
		if again, err = Read(&indented, Options{}); err != nil || !reflect.DeepEqual(r, again) {
			t.Fatalf("with another layout, the report differs: %v", err)
		}
	})
}

func checkText(t *testing.T, text string, width int) {
	for line := range strings.SplitSeq(text, "\n") {
		if width > 0 && utf8.RuneCountInString(line) > width {
			t.Fatalf("a line is too long: %q", line)
		}
		for _, c := range line {
			if !unicode.IsPrint(c) {
				t.Fatalf("the control character %U is in %q", c, line)
			}
		}
	}
}

// FuzzShortener checks that JSON stays JSON of the same shape, that no string is
// longer than the limit, that shorter strings are unchanged, and that longer ones keep
// their beginning.
func FuzzShortener(f *testing.F) {
	f.Add([]byte(`{"a":["b\"\\\u00e9\n",1,true,null,{}]}`), "\\", 9)
	f.Add([]byte(`["X"]`), "é", MaxString/2)
	f.Add([]byte(`["X\ud83d\ude00"]`), `\u00e9`, MaxString/6)
	f.Add([]byte(`["X"]`), `\"`, MaxString/2)
	f.Fuzz(func(t *testing.T, raw []byte, unit string, times int) {
		if times < 0 || len(unit)*times > 4*MaxString {
			return
		}
		raw = bytes.ReplaceAll(raw, []byte("X"), []byte(strings.Repeat(unit, times)))
		var before any
		if !json.Valid(raw) || json.Unmarshal(raw, &before) != nil {
			return
		}
		out, err := io.ReadAll(&shortener{r: bufio.NewReader(bytes.NewReader(raw)), budget: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		var after any
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("the result is not JSON: %v", err)
		}
		sameShape(t, before, after)
	})
}

func sameShape(t *testing.T, before, after any) {
	switch b := before.(type) {
	case []any:
		a, _ := after.([]any)
		if len(a) != len(b) {
			t.Fatalf("an array of %d became %T", len(b), after)
		}
		for i := range b {
			sameShape(t, b[i], a[i])
		}
	case map[string]any:
		a, _ := after.(map[string]any)
		for name, value := range b {
			if len(name) < MaxString/6 {
				sameShape(t, value, a[name])
			}
		}
	case string:
		a, _ := after.(string)
		cut := strings.HasSuffix(a, "\x00") && a != b
		switch {
		case !cut && a != b:
			t.Fatalf("a string of %d bytes changed", len(b))
		case cut && (len(b) < MaxString/6 || len(a) > 3*MaxString+8 || !strings.HasPrefix(b, strings.TrimRight(a, "\x00\ufffd"))):
			t.Fatalf("%d bytes were cut to %d", len(b), len(a))
		}
	default:
		if before != after {
			t.Fatalf("%v became %v", before, after)
		}
	}
}
