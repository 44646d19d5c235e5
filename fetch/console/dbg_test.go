package console

import (
	"fmt"
	"os"
	"testing"
)

func TestDbg(t *testing.T) {
	raw, err := os.ReadFile("/tmp/e11/in.txt")
	if err != nil {
		t.Skip()
	}
	x := newText(string(raw))
	fmt.Println("CLEAN", x.clean)
	for _, f := range x.findings() {
		fmt.Println(f.start, f.end, f.rows[0].role, browsers[f.rows[0].browser], f.rows[0].language, len(f.rows), f.values[0], x.squeezed[f.start:f.end])
	}
	m, n := Read(string(raw))
	for _, m := range m {
		fmt.Printf("%v %q %v %v unsaid=%t lang=%s\n   %+v\n", m.Numbers, m.Lines, m.Browsers, m.Reasons[:min(4, len(m.Reasons))], m.Unsaid, m.Language, m.Known)
	}
	for _, n := range n {
		fmt.Printf("%+v\n", n)
	}
}
