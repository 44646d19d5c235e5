package explain

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/har"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// An Input is what there is to explain: a text, or a recording of a network panel
// (a HAR file).
type Input struct {
	Text      string
	Recording io.ReadCloser // nil for a text
	Name      string        // of the recording
}

// Open reads the arguments of concors explain: the words of a text, the name of a
// file that holds one or a recording, or - for standard input, which is also read if
// there are no arguments.
func Open(args []string, stdin io.Reader) (*Input, error) {
	text := strings.Join(args, " ")
	if text != "" && text != "-" {
		if len(args) == 1 {
			if in, err := openFile(text); in != nil || err != nil {
				return in, err
			}
		}
		return &Input{Text: text}, nil
	}
	// Without -, do not wait for a terminal without a word: that looks broken.
	if text == "" && term.IsTerminal(stdin) {
		return nil, cli.Usage("there is no text to explain",
			"write it after the command in quotes, or - to paste it and end with Ctrl-D")
	}
	in := bufio.NewReaderSize(stdin, maxStart)
	if isRecording(in) {
		return &Input{Recording: io.NopCloser(in), Name: "standard input"}, nil
	}
	return readText(in, "standard input")
}

// readText reads a text to its limit.
func readText(in io.Reader, name string) (*Input, error) {
	raw, err := io.ReadAll(io.LimitReader(in, MaxText))
	if err != nil {
		return nil, cli.Usage(name+": "+err.Error(), "write the text as an argument")
	}
	return &Input{Text: string(decodeText(raw)), Name: name}, nil
}

// decodeText returns a text in UTF-8. PowerShell writes UTF-16.
func decodeText(raw []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	default:
		return bytes.TrimPrefix(raw, []byte("\ufeff"))
	}
	units := make([]uint16, 0, len(raw)/2)
	for raw = raw[2:]; len(raw) >= 2; raw = raw[2:] {
		units = append(units, order.Uint16(raw))
	}
	return []byte(string(utf16.Decode(units)))
}

// openFile opens the file that the argument names: a recording, or a text. It returns
// nil if the argument is a text itself, because there is no such file.
func openFile(name string) (*Input, error) {
	if strings.ContainsAny(name, "\r\n") || len(name) > maxName {
		return nil, nil
	}
	lower := strings.ToLower(name)
	isHAR := strings.HasSuffix(lower, ".har") || strings.HasSuffix(lower, ".har.gz")
	f, err := os.Open(name)
	if err != nil {
		switch {
		case strings.ContainsAny(name, " \"'"):
		case isHAR:
			return nil, cli.Usage(err.Error(), "write the path of a recording that the browser's network panel exported")
		case slices.Contains([]string{".txt", ".log", ".json", ".md", ".out"}, strings.ToLower(filepath.Ext(name))):
			return nil, cli.Usage(err.Error(), "write the path of a file with the console's text, or the text itself in quotes")
		}
		return nil, nil
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		f.Close()
		return nil, nil
	}
	in := bufio.NewReaderSize(f, maxStart)
	if !isHAR && !isRecording(in) {
		defer f.Close()
		return readText(in, name)
	}
	return &Input{Name: name, Recording: struct {
		io.Reader
		io.Closer
	}{in, f}}, nil
}

// Limits on what is looked at to know what an input is, in bytes.
const (
	maxStart = 64 << 10
	maxName  = 1 << 10
)

// isRecording reports whether what follows in a reader is a recording.
func isRecording(in *bufio.Reader) bool {
	start, _ := in.Peek(maxStart)
	return har.IsRecording(start)
}
