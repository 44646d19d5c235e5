package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/reason"
)

// AnswerLines is how many lines an answer has at most, unless the terminal is taller. A
// terminal has 24, and the last one has the shell's prompt.
const AnswerLines = 23

// heading is the heading of the change, with what shows which server it is if that fits
// into width columns (0 is any).
func (c *Change) heading(width int) string {
	heading := "What to change on the " + string(c.Party)
	switch {
	case c.Product != "":
		heading = "What to change, for " + c.Product
	case c.Party == reason.User:
		heading = "What the user can change"
	case c.Party == "":
		heading = "What to do"
	}
	if with := heading + " (" + c.Sign + ")"; c.Sign != "" && (width == 0 || term.Columns(with) < width) {
		return with
	}
	return heading
}

// shown returns the line and, below it, carets under what is wrong, in width columns
// without indentation.
func (l Line) shown(width int) (line, carets string) {
	before, wrong, after := term.Printable(decoded(l.Before)), term.Printable(decoded(l.Wrong)), term.Printable(decoded(l.After))
	wrong = term.Shorten(wrong, max(width*2/3, width-term.Columns(before)-term.Columns(after)))
	room := width - max(term.Columns(wrong), 1)
	after = term.Clip(after, max(room-term.Columns(before), room/4))
	before = term.Shorten(before, room-term.Columns(after))
	carets = strings.Repeat(" ", term.Columns(before)) + strings.Repeat("^", max(1, term.Columns(wrong)))
	return strings.TrimRight(before+wrong+after, " "), carets
}

// marked returns the lines, at most three of them, the first one with carets.
func (e *Evidence) marked(width int) []string {
	const most = 3
	var out []string
	for i, l := range e.Lines[:min(len(e.Lines), most)] {
		line, carets := l.shown(width)
		out = append(out, line)
		if i == 0 {
			out = append(out, carets)
		}
	}
	if more := len(e.Lines) - most; more > 0 {
		out = append(out, fmt.Sprintf("(and %d more)", more))
	}
	return out
}

func printables(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.TrimRight(term.Printable(s), " ")
	}
	return out
}

// A block is one part of the answer's text.
type block struct {
	lines []string
	brief []string // in place of lines if there is not enough room
	keep  int      // how many lines stay if there is not enough room
	rank  int      // blocks with a lower rank are cut first
	whole bool     // it is removed, not cut
	code  bool     // lines to copy
	more  bool     // how to see more
	tight bool     // no empty line before it
	style []term.Style
}

// An answerText lays an answer out.
type answerText struct {
	width  int
	blocks []block
	cut    bool // lines to copy are not whole
}

func (t *answerText) add(b block) {
	if len(b.lines) > 0 {
		t.blocks = append(t.blocks, b)
	}
}

// paragraphs returns each text as a paragraph.
func (t *answerText) paragraphs(first, rest int, texts ...string) []string {
	var lines []string
	for _, s := range texts {
		if s != "" {
			lines = append(lines, term.HangWithin(t.width, first, rest, bounded(s))...)
		}
	}
	return lines
}

// bounded cuts what an answer quotes. Its blocks are cut too, so that this is only a
// limit to the work.
func bounded(s string) string { return term.Cut(decoded(s), 4*term.MaxValue) }

// colour is the colour of a verdict.
func colour(v request.Verdict) term.Style {
	if v == request.Allowed {
		return term.Green
	}
	return term.Red
}

// A frame is what stands around an answer's text.
type frame struct {
	intro []string // above it
	after []string // below it, before the last line
	more  string   // how to see more
	last  bool     // repeat the verdict in the last line
	rows  int      // how many there are; AnswerLines at least
}

// lay lays the answer out in the rows that there are. Lines to copy are never cut: one that
// is wider than the terminal takes several rows.
func (a *Answer) lay(width int, paintIn term.Style, f frame) []block {
	t := &answerText{width: width}
	title := []term.Style{term.Bold, paintIn}
	t.add(block{lines: f.intro, keep: len(f.intro), rank: 9, tight: true})
	t.add(block{lines: []string{term.Clip(term.Printable(a.Headline), width)}, keep: 1, rank: 9, style: title})
	t.add(block{lines: t.paragraphs(0, 2, a.Browsers...), keep: 2, rank: 4, tight: true})
	for i, s := range a.Cause {
		t.add(block{lines: t.paragraphs(0, 0, s), keep: 4 - 2*min(i, 1), rank: 5 - min(i, 2), tight: true})
	}
	t.evidence(a)
	t.change(a)
	first, _, _ := strings.Cut(a.Proof, ";")
	t.add(block{lines: t.paragraphs(0, 0, a.Proof), brief: t.paragraphs(0, 0, strings.TrimSuffix(first, ".")+"."), keep: 2, rank: proof})
	t.add(block{lines: t.paragraphs(0, 2, a.Notes...), keep: 2, rank: 0, tight: a.Proof != ""})
	if len(f.intro) == 0 { // the course has no server of another team
		t.add(block{lines: t.paragraphs(0, 2, a.Elsewhere), whole: true, rank: 1, tight: true})
	}
	t.add(block{lines: f.after, keep: len(f.after), rank: 9})
	t.add(block{lines: t.paragraphs(0, 2, f.more), keep: 2, rank: 8, more: true, tight: len(f.after) > 0 || a.Elsewhere != ""})
	if f.last {
		t.add(block{lines: []string{term.Clip(term.Printable(a.Line), width)}, keep: 1, rank: 9, tight: true, style: title})
	}
	t.fit(max(f.rows, AnswerLines))
	for i := range t.blocks {
		if b := &t.blocks[i]; b.more && t.cut && a.Change.Product != "" {
			b.lines = []string{"All lines: --recipe. More: --more."}
		}
	}
	return t.blocks
}

// evidence adds the line that decided and how it differs.
func (t *answerText) evidence(a *Answer) {
	const indent = "  "
	differs := a.Differs
	if e := a.Evidence; e != nil {
		lines := t.paragraphs(0, 0, e.Where+":")
		if len(lines) > 3 { // a very long URL
			lines = []string{term.Shorten(term.Printable(e.Where+":"), t.width)}
		}
		carets := len(lines) + 1
		for _, line := range e.marked(t.width - len(indent)) {
			lines = append(lines, indent+line)
		}
		// A short difference stands beside the first carets.
		if len(differs) > 0 {
			if beside := lines[carets] + " " + term.Printable(bounded(differs[0])); term.Columns(beside) <= t.width {
				lines[carets], differs = beside, differs[1:]
			}
		}
		t.add(block{lines: lines, keep: len(lines), rank: 9})
	}
	for i, d := range differs {
		t.add(block{lines: t.paragraphs(2, 4, "- "+d), keep: 2 - min(i, 2), rank: 3, tight: a.Evidence != nil || i > 0})
	}
}

// change adds what to change.
func (t *answerText) change(a *Answer) {
	c := a.Change
	if c == nil {
		return
	}
	t.add(block{lines: []string{term.Clip(term.Printable(c.heading(t.width))+":", t.width)}, keep: 1, rank: 9, style: []term.Style{term.Bold}})
	sentence := c.withoutHeaders()
	said := block{lines: t.paragraphs(2, 2, sentence), keep: 6, rank: 6, tight: true}
	if c.Product != "" {
		said.lines = t.paragraphs(2, 2, strings.TrimRight(c.Place, ".:")+":")
	}
	// The sentence of a short change has all of its headers.
	twice := c.Product == "" && !c.Unwise && !slices.ContainsFunc(c.Lines, func(line string) bool {
		return !strings.HasPrefix(line, "HTTP/") && !strings.Contains(sentence, line)
	})
	if twice && len(c.Lines) > 1 {
		said.keep, said.rank = 1, 2
	}
	t.add(said)
	notes := c.Notes
	if c.Unwise {
		notes = slices.Concat([]string{c.Caution}, notes)
	} else {
		var lines []string
		for _, line := range printables(c.Lines) {
			if term.Columns(line) > longestLine {
				line, t.cut = term.Shorten(line, longestLine), true
			}
			lines = append(lines, strings.TrimRight("    "+line, " "))
		}
		b := block{lines: lines, keep: len(lines), rank: 7, code: true, tight: true}
		if twice && len(c.Lines) == 1 {
			b.keep, b.rank, b.whole = 0, 1, true
		}
		t.add(b)
	}
	t.add(block{lines: t.paragraphs(2, 4, c.complete), keep: 2, rank: 6, tight: true})
	notes = slices.DeleteFunc(slices.Clone(notes), func(note string) bool { return note == c.complete })
	t.add(block{lines: t.paragraphs(2, 4, notes...), keep: 2, rank: 2, tight: true})
}

// Ranks of blocks.
const (
	remarks    = 1 // the highest rank of what else to know
	expendable = 3 // the highest rank of which nothing has to stay: also what the lines cannot do, and other differences
	proof      = 4 // that the change is enough
	words      = 6 // the highest rank of what is not to be copied
)

// longestLine is how many columns a line to copy has at most. One that is longer fills the
// screen.
const longestLine = 1000

// withoutHeaders returns the sentence of a change without the headers that follow it as lines, so that there
// is room for what else it asks for.
func (c *Change) withoutHeaders() string {
	var said []string
	for _, line := range c.Lines {
		if !strings.HasPrefix(line, "HTTP/") && strings.Contains(c.Sentence, line) {
			said = append(said, line)
		}
	}
	if c.Product != "" || c.Unwise || len(said) < 2 {
		return c.Sentence
	}
	s := strings.Replace(c.Sentence, strings.Join(said, "; "), "these headers", 1)
	return strings.Replace(s, strings.Join(said, " and "), "these headers", 1)
}

// rows is how many rows of the terminal lines take.
func (t *answerText) rows(lines []string) (n int) {
	for _, line := range lines {
		n += 1 + max(term.Columns(line)-1, 0)/t.width
	}
	return n
}

// fit removes lines until the blocks fit into room rows: first from the blocks that
// matter least, then the empty lines, then whatever is left, and lines to copy last.
func (t *answerText) fit(room int) {
	over := func() int {
		n := -room
		for i, b := range t.blocks {
			n += t.rows(b.lines)
			if !b.tight && i > 0 {
				n++
			}
		}
		return n
	}
	shrink := func(keep func(b *block) int) {
		for rank := 0; rank <= 8; rank++ {
			for i := range t.blocks {
				if b := &t.blocks[i]; b.rank == rank {
					t.shrink(b, keep(b), over)
				}
			}
		}
	}
	toRank := func(last, keep int) {
		shrink(func(b *block) int {
			if b.rank > last {
				return len(b.lines)
			}
			return min(b.keep, keep)
		})
	}
	toRank(remarks, room)
	for i := range t.blocks {
		if over() > 0 {
			t.blocks[i].tight = true
		}
	}
	toRank(expendable, room)
	toRank(expendable, 0)
	toRank(8, room)
	for i := range t.blocks {
		if b := &t.blocks[i]; b.brief != nil && over() > 0 {
			b.lines = b.brief
		}
	}
	toRank(proof, 0)
	toRank(words, 1)
	toRank(8, 1)
	for i := range t.blocks { // only a line that fills the screen is left
		if b := &t.blocks[i]; b.code && len(b.lines) > 0 && over() > 0 {
			b.lines[0] = term.Shorten(b.lines[0], max(t.rows(b.lines[:1])-over(), 1)*t.width)
			t.cut = true
		}
	}
	t.blocks = slices.DeleteFunc(t.blocks, func(b block) bool { return len(b.lines) == 0 })
}

// shrink removes lines from the end of a block until the text fits, but not the first keep.
func (t *answerText) shrink(b *block, keep int, over func() int) {
	all := b.lines
	n := len(all)
	for n > keep && over() > 0 {
		n--
		b.lines = all[:n]
	}
	switch {
	case n == len(all):
	case b.whole:
		b.lines = nil
	case b.code:
		t.cut = true
		if over() == 0 && n > 1 { // a row for what follows
			n--
		}
		b.lines = append(slices.Clone(all[:n]), fmt.Sprintf("    (%s: --recipe)", term.Count(len(all)-n, "more line")))
	case n > 0:
		b.lines = slices.Clone(all[:n])
		b.lines[n-1] = term.Clip(b.lines[n-1]+" …", t.width)
	}
}

// write adds blocks to a text.
func (t *text) write(blocks []block) {
	for i, b := range blocks {
		if !b.tight && i > 0 {
			t.Add("")
		}
		for _, line := range b.lines {
			if len(b.style) > 0 {
				line = t.Paint(line, b.style...)
			}
			t.Add(line)
		}
	}
}
