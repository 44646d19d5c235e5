package integration

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// A word is one of the project's former dialect, which is to be avoided. find is matched against lower-case
// text with spaces for line breaks. It is only tried if the text contains has, which is faster to find.
type word struct {
	has   string
	find  *regexp.Regexp
	write string
	// but matches the findings that are plain English all the same.
	but *regexp.Regexp
	// prose is set if the words mean something else in an identifier.
	prose bool
}

var words = []word{
	{has: "mend", find: regexp.MustCompile(`\b(un)?mend(s|ed|ing)?\b`), write: "fix"},
	{has: "remed", find: regexp.MustCompile(`\bremed(y|ies|ied)\b`), write: "fix"},
	{has: "lift", find: regexp.MustCompile(`\blift(s|ed|ing)?\b`), write: "fix, unblock"},
	{has: "anew", find: regexp.MustCompile(`\banew\b`), write: "again"},
	{has: " in", find: regexp.MustCompile(`\b(let|lets|letting)( it| them| any| all| one| nobody| everybody| others)? in\b`), write: "allow"},
	{has: " in", find: regexp.MustCompile(`\b(get|gets|got|getting) in\b`), write: "is allowed", but: regexp.MustCompile(`in the (way|end)`)},
	{has: " of", find: regexp.MustCompile(`\b(tell|tells|told|telling) of\b`), write: "report, say"},
	{has: " no ", find: regexp.MustCompile(`(\S+ )?\b(is|are|was|were) no \w+`), write: "is not a",
		but: regexp.MustCompile(`^"?there |\b(is|are|was|were) no (longer|more|one)\b`), prose: true},
	{has: "leave", find: regexp.MustCompile(`\b(ask|asks|asked|asking|need|needs|needed|needing|give|gives|gave|giving|without|grants?|has|have) (no |for )?leave\b`), write: "permission"},
	{has: "held to", find: regexp.MustCompile(`\bheld to\b`), write: "checked against"},
	{has: " to", find: regexp.MustCompile(`\b(hold|holds|holding) (it|them|this|that|what) to\b`), write: "check against"},
	{has: "out", find: regexp.MustCompile(`\b(keep|keeps|kept|keeping) (\w+ )?out\b`), write: "refuse, leave out", but: regexp.MustCompile(`out of`)},
	{has: " from", find: regexp.MustCompile(`\b(keep|keeps|kept) from\b`), write: "hidden from, refused"},
	{has: "nobody has", find: regexp.MustCompile(`\bnobody has\b`), write: "untested, or the passive voice"},
	{has: "of what is", find: regexp.MustCompile(`(^|[.,;:] )of what is\b`), write: "a plain sentence: subject, verb, object"},
	{has: "beside that", find: regexp.MustCompile(`\bbeside that\b`), write: "in addition"},
	{has: " away", find: regexp.MustCompile(`\b(leave|leaves|left|leaving) away\b`), write: "leave out, omit"},
	{has: "whoever", find: regexp.MustCompile(`\bwhoever\b`), write: "anyone who, the one who"},
	{has: "stranger", find: regexp.MustCompile(`\bstrangers\b|\b(a|the|any|every) stranger\b`), write: "foreign origin; untrusted input"},
}

// wordsInNames are the words to avoid in identifiers.
var wordsInNames = slices.DeleteFunc(slices.Clone(words), func(w word) bool { return w.prose })

// TestPlainEnglish looks for words to avoid in everything that a person reads: comments, strings, names,
// documents, templates and pages, of every module. It reports each place and what to write instead.
func TestPlainEnglish(t *testing.T) {
	const root = ".."
	if _, err := os.Stat(filepath.Join(root, "go.work")); err != nil {
		t.Fatalf("this test needs the whole repository: %v", err)
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case "testdata", "node_modules", ".git", "dist":
				return fs.SkipDir
			}
			return nil
		}
		if d.Name() == "words_test.go" {
			return nil // the list itself
		}
		switch filepath.Ext(path) {
		case ".go":
			return checkGo(t, path)
		case ".md", ".tmpl", ".html", ".js", ".css", ".json", ".sh", ".yml", ".yaml", "":
			return checkText(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkGo checks the comments, the strings and the names that a file declares.
func checkGo(t *testing.T, path string) error {
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, path, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	for _, group := range file.Comments {
		var lines []string
		for _, c := range group.List {
			lines = append(lines, strings.TrimPrefix(c.Text, "//"))
		}
		check(t, path, positions.Position(group.Pos()).Line, strings.Join(lines, "\n"), words)
	}
	named := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				text, err := strconv.Unquote(n.Value)
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(n.Value, `"`) {
					text = strings.ReplaceAll(text, "\n", " ") // they are all on one line of the file
				}
				check(t, path, positions.Position(n.Pos()).Line, text, words)
			}
		case *ast.Ident:
			if !named[n.Name] {
				named[n.Name] = true
				check(t, path, positions.Position(n.Pos()).Line, spaced(n.Name), wordsInNames)
			}
		}
		return true
	})
	return nil
}

// spaced returns an identifier's words, separated by spaces.
func spaced(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) || r == '_' {
			b.WriteByte(' ')
		}
		if r != '_' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// checkText checks a text file. A section whose heading contains "Words" or "Glossary" may
// list words to avoid.
func checkText(t *testing.T, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines, inList := strings.Split(string(data), "\n"), false
	for i, line := range lines {
		if strings.HasPrefix(line, "#") && filepath.Ext(path) == ".md" {
			inList = strings.Contains(line, "Words") || strings.Contains(line, "Glossary")
		}
		if inList {
			lines[i] = ""
		}
	}
	check(t, path, 1, strings.Join(lines, "\n"), words)
	return nil
}

// check reports each of the words in a text that begins at a line of a file.
func check(t *testing.T, path string, line int, text string, words []word) {
	lines := strings.Split(strings.ToLower(text), "\n")
	starts := make([]int, len(lines)) // where each line begins in the joined text
	var b strings.Builder
	for i, l := range lines {
		starts[i] = b.Len()
		b.WriteString(strings.TrimSpace(l) + " ")
	}
	joined := b.String()
	for _, w := range words {
		if !strings.Contains(joined, w.has) {
			continue
		}
		for _, at := range w.find.FindAllStringIndex(joined, -1) {
			if w.but != nil && w.but.MatchString(joined[at[0]:min(at[1]+len(" the way"), len(joined))]) {
				continue
			}
			n, exact := slices.BinarySearch(starts, at[0])
			if !exact {
				n--
			}
			t.Errorf("%s:%d: %q: write %s", strings.TrimPrefix(filepath.ToSlash(path), "../"), line+n, joined[at[0]:at[1]], w.write)
		}
	}
}
