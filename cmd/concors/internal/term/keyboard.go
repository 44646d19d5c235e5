package term

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A Keyboard reads what a person types or pastes on a terminal, line by line. Waiting for
// it ends when a context ends, which reading a terminal does not.
type Keyboard struct {
	lines chan string // without their ends; closed at the end
	err   error       // why the lines ended, if it is not the end of the input
}

// Stdin returns the keyboard of standard input. From then on, only it may read there.
var Stdin = sync.OnceValue(func() *Keyboard { return NewKeyboard(os.Stdin) })

// NewKeyboard returns a Keyboard that reads a terminal.
func NewKeyboard(in io.Reader) *Keyboard {
	k := &Keyboard{lines: make(chan string)}
	go func() {
		defer close(k.lines)
		for r := bufio.NewReader(in); ; {
			line, err := r.ReadString('\n')
			if line != "" {
				k.lines <- strings.TrimRight(line, "\r\n")
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					k.err = err
				}
				return
			}
		}
	}()
	return k
}

// Line returns the next line. The error is that of the context, or io.EOF.
func (k *Keyboard) Line(ctx context.Context) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case line, ok := <-k.lines:
		if !ok {
			return "", k.end()
		}
		return line, nil
	}
}

func (k *Keyboard) end() error {
	if k.err != nil {
		return k.err
	}
	return io.EOF
}

// pause is how long nothing may come after an empty line until it ends a paste. The
// lines of one paste come at once.
const pause = 100 * time.Millisecond

// PasteEnd says which keys end a paste.
func PasteEnd() string {
	if runtime.GOOS == "windows" {
		return "press Enter twice, or Ctrl-Z and Enter"
	}
	return "press Enter twice, or Ctrl-D"
}

// ErrLineCut means that a terminal has cut a line that was pasted.
var ErrLineCut = errors.New("the terminal has cut a line that is longer than 4095 bytes")

// longestLine is how many bytes of a line a terminal of Linux passes on.
const longestLine = 4095

// Paste returns lines until an empty one after which nothing follows, or the end of the
// input. It returns a text that is longer than limit bytes as soon as it is. The error is
// that of the context or of reading, or ErrLineCut.
func (k *Keyboard) Paste(ctx context.Context, limit int) (string, error) {
	var b strings.Builder
	var quiet <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-quiet:
			return b.String(), nil
		case line, ok := <-k.lines:
			if !ok {
				if k.err != nil {
					return "", k.err
				}
				return b.String(), nil
			}
			if len(line) >= longestLine && runtime.GOOS == "linux" {
				return "", ErrLineCut
			}
			quiet = nil
			empty := strings.TrimSpace(line) == ""
			if empty && strings.TrimSpace(b.String()) != "" {
				quiet = time.After(pause)
			}
			b.WriteString(line + "\n")
			if b.Len() > limit {
				return b.String(), nil
			}
		}
	}
}
