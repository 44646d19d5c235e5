package fetch_test

import (
	"io"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/fetchtest"
)

// The names by which these tests call what package fetchtest has.
var (
	pageA   = fetchtest.PageA
	newWeb  = fetchtest.NewWeb
	agentOn = fetchtest.Agent
	do      = fetchtest.Fetch
	list    = fetchtest.Headers
)

type web = fetchtest.Web

// Responses that many tests use.
const (
	open      = fetchtest.AllowAny
	allowAll  = fetchtest.AllowEverything
	credsA    = "200\nAccess-Control-Allow-Origin: https://a.test\nAccess-Control-Allow-Credentials: true"
	credsNull = "200\nAccess-Control-Allow-Origin: null\nAccess-Control-Allow-Credentials: true"
)

// reasonOf is the error's reason, 0 for none.
func reasonOf(err *fetch.NetworkError) reason.Reason {
	if err == nil {
		return 0
	}
	return err.Reason
}

// outcome says how a fetch ended in a word: the reason or the response's type.
func outcome(resp *fetch.Response, err *fetch.NetworkError) string {
	if err != nil {
		return err.Reason.String()
	}
	return string(resp.Type)
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// lines writes a header list as its lines.
func lines(l fetch.HeaderList) []string {
	var out []string
	for _, h := range l {
		out = append(out, h.Name+": "+h.Value)
	}
	return out
}
