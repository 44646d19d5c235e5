package proxy

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// linkProxy has a route for which bodies are mapped.
func linkProxy(t testing.TB) *Proxy {
	return testProxy(t, Config{MapLinks: true, Routes: []Route{
		testRoute(t, "/api", "https://api.example.com/v1", false), testRoute(t, "/", "https://www.example.com", false),
	}})
}

func mapBody(t testing.TB, p *Proxy, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(&linkMapper{ReadCloser: io.NopCloser(r), proxy: p, own: "http://localhost:8010", apply: true})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestLinksInBodiesLeadToTheProxy(t *testing.T) {
	p := linkProxy(t)
	for in, want := range map[string]string{
		`{"next":"https://api.example.com/v1/items?page=2"}`:  `{"next":"http://localhost:8010/api/items?page=2"}`,
		`{"next":"https:\/\/api.example.com\/v1\/items"}`:     `{"next":"http:\/\/localhost:8010\/api\/items"}`,
		`{"a":"https://api.example.com/v1?a=1\u0026b=2"}`:     `{"a":"http://localhost:8010/api?a=1\u0026b=2"}`,
		`["https://api.example.com/v1/x{/id}{?q}"]`:           `["http://localhost:8010/api/x{/id}{?q}"]`,
		`["wss://api.example.com/v1/socket"]`:                 `["ws://localhost:8010/api/socket"]`,
		`<a href='https://www.example.com/a?b&amp;c'>`:        `<a href='http://localhost:8010/a?b&amp;c'>`,
		`see https://www.example.com`:                         `see http://localhost:8010`,
		`https://www.example.com https://api.example.com/v1`:  `http://localhost:8010 http://localhost:8010/api`,
		`"https://api.example.com/login"`:                     `"https://api.example.com/login"`, // no route has it
		`"https://api.example.com/v10"`:                       `"https://api.example.com/v10"`,
		`"https://www.example.com/api/x"`:                     `"https://www.example.com/api/x"`, // another target's path
		`"https://www.example.com:8443/"`:                     `"https://www.example.com:8443/"`,
		`"https://www.example.com.evil.example/"`:             `"https://www.example.com.evil.example/"`,
		`"https://www.example.com@evil.example/"`:             `"https://www.example.com@evil.example/"`,
		`"http://www.example.com/"`:                           `"http://www.example.com/"`,
		`"xhttps://www.example.com/"`:                         `"xhttps://www.example.com/"`,
		`"/q?u=https%3A%2F%2Fwww.example.com"`:                `"/q?u=https%3A%2F%2Fwww.example.com"`,
		`"https://other.example/?u=https://www.example.com/"`: `"https://other.example/?u=http://localhost:8010/"`,
		`"https:"`: `"https:"`, `https`: `https`, `https:`: `https:`, `:`: `:`, ``: ``, `{"a":1,"b":[2,"c:d"]}`: `{"a":1,"b":[2,"c:d"]}`,
	} {
		for how, r := range map[string]io.Reader{
			"whole": strings.NewReader(in), "by bytes": iotest.OneByteReader(strings.NewReader(in)), "with EOF": iotest.DataErrReader(strings.NewReader(in)),
		} {
			if got := mapBody(t, p, r); got != want {
				t.Errorf("%s, %s: %q, not %q", in, how, got, want)
			}
		}
	}
}

func TestLongBodiesAreMappedInConstantMemory(t *testing.T) {
	p := linkProxy(t)
	m := &linkMapper{proxy: p, own: "http://localhost:8010", apply: true}
	part := `{"a":"https://www.example.com/x"},` + strings.Repeat("https:", 10000) + strings.Repeat("y", 10000)
	m.ReadCloser = io.NopCloser(io.LimitReader(repeat(part), 20<<20))
	buffer := make([]byte, 32<<10)
	for {
		_, err := m.Read(buffer)
		if cap(m.in) > 1<<20 || cap(m.out) > 1<<20 {
			t.Fatalf("%d and %d bytes are kept", cap(m.in), cap(m.out))
		}
		if err != nil {
			break
		}
	}
	if m.n < 200 {
		t.Errorf("%d links", m.n)
	}
	broken := errors.New("broken")
	b, err := io.ReadAll(&linkMapper{ReadCloser: io.NopCloser(io.MultiReader(strings.NewReader("abc https"), iotest.ErrReader(broken))), proxy: p})
	if string(b) != "abc https" || !errors.Is(err, broken) {
		t.Errorf("%q, %v", b, err)
	}
}

type repeat string

func (r repeat) Read(p []byte) (int, error) { return copy(p, r), nil }

func FuzzBodies(f *testing.F) {
	for _, s := range []string{`{"a":"https://api.example.com/v1/x"}`, `https:\/\/www.example.com`, "https://www.example.com\\", ":://https", "wss://api.example.com/v1"} {
		f.Add([]byte(s), 3)
	}
	p := linkProxy(f)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		size = min(max(size, 1), 100)
		whole := mapBody(t, p, bytes.NewReader(in))
		parts := mapBody(t, p, &chunks{in, size})
		if whole != parts {
			t.Errorf("%q: whole %q, in parts of %d %q", in, whole, size, parts)
		}
		if !bytes.Contains(in, []byte("example.com")) && whole != string(in) {
			t.Errorf("%q became %q", in, whole)
		}
		m := &linkMapper{ReadCloser: io.NopCloser(bytes.NewReader(in)), proxy: p, own: "http://localhost:8010"}
		if out, _ := io.ReadAll(m); !bytes.Equal(out, in) {
			t.Errorf("%q became %q, without the wish to map", in, out)
		}
	})
}

// chunks is a reader that returns a few bytes at a time.
type chunks struct {
	b    []byte
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.b[:min(c.size, len(c.b))])
	c.b = c.b[n:]
	return n, nil
}
