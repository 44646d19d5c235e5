package secret

import (
	"regexp"
	"strings"
)

// Variables returns a [Masker] that writes a shell's variable in place of a secret,
// named as its header, cookie or parameter is. [ShellWord] must quote the result.
func Variables() *Masker {
	return &Masker{instead: func(name string) string { return "\x00" + variable(name) + "\x00" }}
}

// variable makes the name of an environment variable. Those that a shell itself uses
// get a suffix.
func variable(name string) string {
	name = strings.Trim(notInVariables.ReplaceAllString(strings.ToUpper(name), "_"), "_")
	switch name {
	case "PWD", "PATH", "HOME", "USER", "SHELL", "IFS", "ENV":
		return name + "_SECRET"
	case "":
		return "SECRET"
	}
	if name[0] >= '0' && name[0] <= '9' {
		return "SECRET_" + name
	}
	return name
}

var (
	notInVariables = regexp.MustCompile(`[^A-Z0-9]+`)
	plainWord      = regexp.MustCompile(`^[\w./:@%+,=-]+$`)
)

// ShellWord quotes a word for a POSIX shell: text between single quotes, and the
// variables of [Variables] between double quotes.
func ShellWord(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(s, "\x00") {
		switch {
		case i%2 == 1:
			b.WriteString(`"$` + part + `"`)
		case part == "" && s != "":
		case plainWord.MatchString(part):
			b.WriteString(part)
		default:
			b.WriteString("'" + strings.ReplaceAll(part, "'", `'\''`) + "'")
		}
	}
	return b.String()
}
