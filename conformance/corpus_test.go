package conformance

import (
	"bytes"
	"compress/gzip"
	"reflect"
	"strings"
	"testing"
)

// sample is a corpus of generated cases with observations made up.
func sample(n int) *Corpus {
	c := &Corpus{Header: Header{Browser: "chromium", Version: "1.2", Seed: 9, Date: "2026-11-21", Count: n}}
	for _, one := range Generate(9, n) {
		c.Cases = append(c.Cases, one)
		o := Observation{ID: one.ID}
		for range one.Steps {
			o.Steps = append(o.Steps, Seen{
				Outcome: Outcome{Result: "ok", Type: "cors", Status: 200, URL: "http://{b}/", Headers: []string{"x-<one>"}, Body: "a\nb"},
				Wire:    []Wire{{Method: "GET", Host: "b", Path: "0", Origin: "null"}},
			})
		}
		c.Observations = append(c.Observations, o)
	}
	return c
}

func TestCorpusComesBackAsItWasWritten(t *testing.T) {
	c := sample(200)
	var first, second bytes.Buffer
	if err := c.Write(&first); err != nil {
		t.Fatal(err)
	}
	back, err := ReadCorpus(bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if back.Header != c.Header || !reflect.DeepEqual(back.Observations, c.Observations) {
		t.Error("the header or the observations changed")
	}
	if err := back.Write(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("writing what was read gives other bytes")
	}
}

func TestCorpusRefusesToWriteWhatDoesNotMatch(t *testing.T) {
	c := sample(3)
	c.Observations[1].ID = 77
	if err := c.Write(&bytes.Buffer{}); err == nil {
		t.Error("wrote an observation beside another case")
	}
	c.Observations = c.Observations[:1]
	if err := c.Write(&bytes.Buffer{}); err == nil {
		t.Error("wrote cases without observations")
	}
}

func TestReadCorpusSaysWhatIsWrong(t *testing.T) {
	var whole bytes.Buffer
	if err := sample(5).Write(&whole); err != nil {
		t.Fatal(err)
	}
	zip := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(text))
		z.Close()
		return b.String()
	}
	for _, row := range []struct{ name, text, want string }{
		{"not gzip", "{}", "reading a corpus"},
		{"empty", zip(""), "no header"},
		{"a header that is none", zip("1\n"), "header"},
		{"a line that is no case", zip("{\"count\":1}\n[]\n"), "line 2"},
		{"steps that were not observed", zip("{\"count\":1}\n{\"c\":{\"steps\":[{}]}}\n"), "0 steps observed of 1"},
		{"fewer cases than announced", zip("{\"count\":2}\n{}\n"), "the header says 2"},
		{"a file cut short", whole.String()[:whole.Len()-20], "line 6"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := ReadCorpus(strings.NewReader(row.text))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want one with %q", err, row.want)
			}
		})
	}
}

// What can be read can be written, and is then read the same.
func FuzzReadCorpus(f *testing.F) {
	f.Add("{\"count\":1}\n{\"c\":{\"id\":1,\"steps\":[{}]},\"s\":[{\"o\":{\"r\":\"ok\"}}]}\n")
	f.Add("{\"count\":0}\n")
	f.Add("{}\n{}\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		var in, first, second bytes.Buffer
		z := gzip.NewWriter(&in)
		z.Write([]byte(text))
		z.Close()
		c, err := ReadCorpus(&in)
		if err != nil {
			return
		}
		if err := c.Write(&first); err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		again, err := ReadCorpus(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("written but not read: %v", err)
		}
		if err := again.Write(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("changed on the way (%v)", err)
		}
	})
}
