package paste

import (
	"regexp"
	"strings"
)

// unwrapped replaces by blanks what a document or a chat puts around a copied
// request: code fences and the prose outside them, the backquotes of inline code,
// and the > of a quotation. Lines and columns stay what they are in the text.
func unwrapped(text string) string {
	text = straight(withoutQuotation(text))
	if code, ok := fenced(text); ok {
		return code
	}
	return inline(text)
}

// straight makes straight quotation marks of those that word processors and chats put
// in their place. A text that has straight ones too keeps the others: they are in its
// values. Columns stay what they are.
func straight(text string) string {
	if strings.ContainsAny(text, `"'`) {
		return text
	}
	return strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "‘", "'", "’", "'").Replace(text)
}

// blank replaces every character by a blank, and keeps the line breaks.
func blank(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '\r' {
			return c
		}
		return ' '
	}, text)
}

var fence = regexp.MustCompile("^[ \t]{0,12}(?:[-*+] |[0-9]{1,3}[.)] )?(```+|~~~+)[ \t]*[^`\n]*$")

// maxBlocks is how many fenced blocks are looked through. A text with more is not a
// message that someone copied.
const maxBlocks = 100

// fenced returns the fenced code that holds a request: the rest is blank. Where no
// block holds one, all blocks are returned. It is false for a text without fences.
func fenced(text string) (string, bool) {
	lines := strings.SplitAfter(text, "\n")
	type block struct{ from, to int } // the lines between the fences
	var blocks []block
	open := ""
	for i, line := range lines {
		if !strings.Contains(line, "```") && !strings.Contains(line, "~~~") {
			continue
		}
		m := fence.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		switch {
		case m == nil:
		case open == "":
			open = m[1]
			if blocks = append(blocks, block{i + 1, len(lines)}); len(blocks) > maxBlocks {
				return "", false
			}
		case m[1][0] == open[0] && len(m[1]) >= len(open):
			open = ""
			blocks[len(blocks)-1].to = i
		}
	}
	if len(blocks) == 0 {
		return "", false
	}
	holds := make([]bool, len(blocks))
	some := false
	for i, b := range blocks {
		code := strings.Join(lines[b.from:b.to], "")
		holds[i] = kindOf(code) != unknown
		some = some || holds[i]
	}
	var b strings.Builder
	next := 0
	for i, k := range blocks {
		if some && !holds[i] {
			continue
		}
		b.WriteString(blank(strings.Join(lines[next:k.from], "")))
		b.WriteString(strings.Join(lines[k.from:k.to], ""))
		next = k.to
	}
	b.WriteString(blank(strings.Join(lines[next:], "")))
	return b.String(), true
}

// inline removes the backquotes around the whole text.
func inline(text string) string {
	trimmed := strings.TrimSpace(text)
	ticks := len(trimmed) - len(strings.TrimLeft(trimmed, "`"))
	if ticks == 0 || len(trimmed) <= 2*ticks || !strings.HasSuffix(trimmed, trimmed[:ticks]) {
		return text
	}
	start := strings.Index(text, trimmed)
	end := start + len(trimmed)
	return blank(text[:start+ticks]) + text[start+ticks:end-ticks] + blank(text[end-ticks:])
}

// withoutQuotation removes the > that a mail program or Markdown writes before each
// line. A transcript of curl -v has such lines too, and keeps them.
func withoutQuotation(text string) string {
	if transcriptRequest.MatchString(head(text)) {
		return text
	}
	lines := strings.Split(text, "\n")
	quoted := 0
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, ">"):
			quoted++
		case strings.TrimSpace(line) != "":
			return text
		}
	}
	if quoted < 2 {
		return text // one line: > is a shell's prompt
	}
	for i, line := range lines {
		end := 0
		for end < len(line) && (line[end] == '>' || line[end] == ' ') {
			end++
		}
		lines[i] = strings.Repeat(" ", end) + line[end:]
	}
	return strings.Join(lines, "\n")
}
