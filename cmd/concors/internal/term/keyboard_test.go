package term

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestPasteEndsAtAnEmptyLineThatNothingFollows(t *testing.T) {
	r, w := io.Pipe()
	k := NewKeyboard(r)
	go io.WriteString(w, "\n\nfetch('https://api.example/', {\n\n  method: 'PUT',\r\n})\n\n")
	text, err := k.Paste(t.Context(), 1000)
	if want := "\n\nfetch('https://api.example/', {\n\n  method: 'PUT',\n})\n\n"; text != want || err != nil {
		t.Fatalf("%q, %v; want %q", text, err, want)
	}
	go func() { io.WriteString(w, "3000\n"); w.Close() }()
	if line, err := k.Line(t.Context()); line != "3000" || err != nil {
		t.Errorf("the next line: %q, %v", line, err)
	}
	if _, err := k.Line(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("the end: %v", err)
	}
}

func TestPasteEndsWithTheInput(t *testing.T) {
	text, err := NewKeyboard(strings.NewReader("one\n\ntwo")).Paste(t.Context(), 1000)
	if text != "one\n\ntwo\n" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

func TestPasteIsBounded(t *testing.T) {
	text, err := NewKeyboard(strings.NewReader(strings.Repeat("0123456789\n", 1000))).Paste(t.Context(), 100)
	if len(text) > 120 || err != nil {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestPasteAndLineEndWithTheirContext(t *testing.T) {
	r, _ := io.Pipe()
	k := NewKeyboard(r)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := k.Paste(ctx, 100); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Paste: %v", err)
	}
	if _, err := k.Line(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Line: %v", err)
	}
}
