package conformance

import (
	"bytes"
	"compress/gzip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sampleCorpus returns a corpus of generated cases with invented observations.
func sampleCorpus(n int) *Corpus {
	c := &Corpus{Header: Header{Browser: "chromium", Version: "1.2", Seed: 9, Date: "2026-11-21", Count: n}}
	c.Cases = Generate(9, n)
	for i := range c.Cases {
		o := Observation{ID: c.Cases[i].ID}
		for range c.Cases[i].Steps {
			o.Steps = append(o.Steps, Seen{
				Outcome: Outcome{Result: "ok", Type: "cors", Status: 200, URL: "http://{b}/", Headers: []string{"x-<name>"}, Body: "a\nb"},
				Wire:    []Wire{{Method: "GET", Host: "b", Path: "0", Origin: "null"}},
			})
		}
		c.Observations = append(c.Observations, o)
	}
	return c
}

func TestReadCorpusReturnsWhatWasWritten(t *testing.T) {
	c := sampleCorpus(200)
	var first, second bytes.Buffer
	if err := c.Write(&first); err != nil {
		t.Fatal(err)
	}
	back, err := ReadCorpus(bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if back.Header != c.Header || !reflect.DeepEqual(back.Observations, c.Observations) {
		t.Error("the header or the observations have changed")
	}
	if err := back.Write(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("writing the corpus again gives other bytes")
	}
}

func TestWriteRefusesObservationsOfOtherCases(t *testing.T) {
	c := sampleCorpus(3)
	c.Observations[1].ID = 77
	if err := c.Write(&bytes.Buffer{}); err == nil {
		t.Error("an observation of another case is written")
	}
	c.Observations = c.Observations[:1]
	if err := c.Write(&bytes.Buffer{}); err == nil {
		t.Error("cases without observations are written")
	}
}

// A later recording adds its new cases, with the version of the browser that they were recorded in.
func TestCorpusOfSeveralRecordings(t *testing.T) {
	c, same, later := sampleCorpus(3), sampleCorpus(2), sampleCorpus(5)
	c.Cases[0].ID, c.Observations[0].ID = 900, 900
	later.Header.Version = "1.3"
	c.add(same) // all but case 0 are there already
	c.add(later)
	var got []string
	for i := range c.Cases {
		got = append(got, strconv.Itoa(c.Cases[i].ID)+" "+c.Version(i))
		if c.Observations[i].ID != c.Cases[i].ID {
			t.Errorf("case %d has the observation of case %d", c.Cases[i].ID, c.Observations[i].ID)
		}
	}
	if want := []string{"900 1.2", "1 1.2", "2 1.2", "0 1.2", "3 1.3", "4 1.3"}; !slices.Equal(got, want) {
		t.Errorf("cases %q, want %q", got, want)
	}
	if c.Header.Version != "1.2, 1.3" || c.Header.Count != 6 {
		t.Errorf("header %+v", c.Header)
	}
}

func TestReadCorpusErrors(t *testing.T) {
	var whole bytes.Buffer
	if err := sampleCorpus(5).Write(&whole); err != nil {
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
		{"an invalid header", zip("1\n"), "header"},
		{"a line that is not a case", zip("{\"count\":1}\n[]\n"), "line 2"},
		{"steps without observations", zip("{\"count\":1}\n{\"c\":{\"steps\":[{}]}}\n"), "0 observed steps, but the case has 1"},
		{"fewer cases than the header says", zip("{\"count\":2}\n{}\n"), "the header says 2"},
		{"a truncated file", whole.String()[:whole.Len()-20], "line 6"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := ReadCorpus(strings.NewReader(row.text))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want one with %q", err, row.want)
			}
		})
	}
}

// A corpus that was read can be written, and reading it again gives the same corpus.
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
			t.Fatalf("the corpus was read, but writing it fails: %v", err)
		}
		again, err := ReadCorpus(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("the corpus was written, but reading it fails: %v", err)
		}
		if err := again.Write(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("writing the corpus again gives other bytes (%v)", err)
		}
	})
}
