package explain

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/har"
)

// Recordings are often kept compressed, and their names do not always say so.
func TestCompressedRecordingsAreRead(t *testing.T) {
	var z bytes.Buffer
	gz := gzip.NewWriter(&z)
	gz.Write([]byte(`{"log":{"version":"1.2","entries":[]}}`))
	gz.Close()
	for _, name := range []string{"a.har.gz", "A.HAR.GZ", "a.har", "a.gz", "a"} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, z.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := Open([]string{file}, nil)
		if err != nil || in.Recording == nil {
			t.Fatalf("%s: %+v, %v", name, in, err)
		}
		if _, err := har.Read(in.Recording, har.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		in.Recording.Close()
	}
	if in, err := Open([]string{"-"}, bytes.NewReader(z.Bytes())); err != nil || in.Recording == nil {
		t.Errorf("standard input: %+v, %v", in, err)
	}
	if in, err := Open([]string{filepath.Join(t.TempDir(), "none.har.gz")}, nil); err == nil {
		t.Errorf("no such file: %+v", in)
	}
}
