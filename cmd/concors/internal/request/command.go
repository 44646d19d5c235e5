package request

import (
	"strings"
	"unicode"

	"github.com/concors/concors/cmd/concors/internal/secret"
)

// maxCommand is how long a command is at most, in bytes: a longer one is not pasted.
const maxCommand = 4096

// Command returns the words of the concors check command that makes the request again,
// quoted for a POSIX shell, each flag with its value. Unless secrets are to be shown,
// shell variables stand for them: $AUTHORIZATION, or $BODY for any body. It returns nil
// if a word is not safe to paste, if the command would be too long, or if the server is
// not on the network.
func (q *Question) Command(showSecrets bool) []string {
	if q.Dial != nil || q.Transport != nil {
		return nil
	}
	m := secret.Variables()
	mask := func(f func(m *secret.Masker, s string) string, s string) string {
		if showSecrets {
			return s
		}
		return f(m, s)
	}
	words := []string{"concors check " + secret.ShellWord(mask((*secret.Masker).URL, q.URL))}
	add := func(flag, value string) {
		if value != "" {
			words = append(words, flag+" "+secret.ShellWord(value))
		}
	}
	add("--from", q.From)
	add("-X", q.Method)
	for _, line := range q.Header {
		add("-H", mask(func(m *secret.Masker, line string) string {
			name, value, found := strings.Cut(line, ":")
			if !found {
				return line
			}
			value = strings.TrimLeft(value, " \t")
			return name + ": " + m.Header(name, value)
		}, line))
	}
	if q.Data != nil {
		words = append(words, "--data-raw "+secret.ShellWord(mask(func(*secret.Masker, string) string { return "\x00BODY\x00" }, *q.Data)))
	}
	for _, cookie := range q.Cookies {
		add("--cookie", mask(func(m *secret.Masker, s string) string { return m.Header("Set-Cookie", s) }, cookie))
	}
	add("--resource", q.Resource)
	add("--crossorigin", q.CrossOrigin)
	add("--mode", q.Mode)
	add("--credentials", q.Credentials)
	add("--redirect", q.Redirect)
	add("--referrer", mask((*secret.Masker).URL, q.Referrer))
	add("--referrer-policy", q.ReferrerPolicy)
	add("--page-space", q.PageSpace)
	add("--coep", q.EmbedderPolicy)
	if q.As != "chromium" {
		add("--as", q.As)
	}
	for _, entry := range q.Resolve {
		add("--resolve", entry)
	}
	add("--cacert", q.CACert)
	for _, flag := range []struct {
		set  bool
		name string
	}{{q.XHR, "--xhr"}, {q.UploadListener, "--upload-listener"}, {q.Insecure, "--insecure"}, {q.NoProxy, "--no-proxy"}} {
		if flag.set {
			words = append(words, flag.name)
		}
	}
	length := 0
	for _, word := range words {
		if length += len(word) + 1; length > maxCommand || strings.ContainsFunc(word, func(c rune) bool { return !unicode.IsPrint(c) }) {
			return nil
		}
	}
	return words
}

// Command is [Question.Command] for the result's question.
func (r *Result) Command(showSecrets bool) []string { return r.asked.Command(showSecrets) }
