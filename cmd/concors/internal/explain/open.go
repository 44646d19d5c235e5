package explain

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/cli"
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
// recording, or - for standard input, which is also read if there are no arguments.
func Open(args []string, stdin io.Reader) (*Input, error) {
	text := strings.Join(args, " ")
	if text != "" && text != "-" {
		recording, err := openRecording(args)
		return &Input{Text: text, Recording: recording, Name: args[0]}, err
	}
	// Without -, do not wait for a terminal without a word: that looks broken.
	if text == "" && term.IsTerminal(stdin) {
		return nil, cli.Usage("there is no text to explain",
			"write it after the command in quotes, or - to paste it and end with Ctrl-D")
	}
	in := bufio.NewReader(stdin)
	if beginsObject(in) {
		return &Input{Recording: io.NopCloser(in), Name: "standard input"}, nil
	}
	raw, err := io.ReadAll(io.LimitReader(in, MaxText))
	if err != nil {
		return nil, cli.Usage("standard input: "+err.Error(), "write the text as an argument")
	}
	return &Input{Text: string(raw)}, nil
}

// openRecording opens the file that the argument names. It returns nil if the
// argument is a text: there is no such file, or it holds something else.
func openRecording(args []string) (io.ReadCloser, error) {
	if len(args) != 1 || strings.ContainsAny(args[0], "\r\n") {
		return nil, nil
	}
	isHAR := strings.EqualFold(filepath.Ext(args[0]), ".har")
	f, err := os.Open(args[0])
	if err != nil {
		if isHAR && !strings.ContainsAny(args[0], " \"'") {
			return nil, cli.Usage(err.Error(),
				"write the path of a recording that the browser's network panel exported")
		}
		return nil, nil
	}
	in := bufio.NewReader(f)
	if info, err := f.Stat(); err != nil || info.IsDir() || !isHAR && !beginsObject(in) {
		f.Close()
		return nil, nil
	}
	return struct {
		io.Reader
		io.Closer
	}{in, f}, nil
}

// beginsObject reports whether a text begins with {, as JSON does and console
// messages do not.
func beginsObject(in *bufio.Reader) bool {
	start, _ := in.Peek(512)
	return strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(string(start), "\ufeff"), " \t\r\n"), "{")
}
