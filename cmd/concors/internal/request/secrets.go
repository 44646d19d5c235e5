package request

import (
	"strings"

	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/weburl"
)

// LearnSecrets adds the secrets of the question to those that a report masks: those in
// its URL, headers, cookies and body. Some of them are not sent, and could still be
// repeated by a server that knows them.
func (q *Question) LearnSecrets(m *secret.Masker) {
	m.URL(q.URL)
	m.URL(q.Referrer)
	for _, line := range q.Header {
		name, value, _ := strings.Cut(line, ":")
		m.LearnHeader(strings.TrimSpace(name), strings.Trim(value, " \t"))
	}
	for _, cookie := range q.Cookies {
		m.LearnHeader("Set-Cookie", cookie)
	}
	if q.Data != nil {
		m.LearnBody(*q.Data)
	}
	m.Keep(q.From)
	if u, err := weburl.Parse(q.URL, nil); err == nil {
		m.Keep(u.HostPort())
	}
}

// LearnSecrets adds the secrets of the result's question.
func (r *Result) LearnSecrets(m *secret.Masker) { r.asked.LearnSecrets(m) }
