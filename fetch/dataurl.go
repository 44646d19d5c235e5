package fetch

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/mime"
	"github.com/concors/concors/weburl"
)

// dataURL: https://fetch.spec.whatwg.org/#data-url-processor
func (f *fetchParams) dataURL() (*response, *NetworkError) {
	// 2–9. Split the URL at its first comma.
	u := f.request.currentURL()
	kind, encoded, found := strings.Cut(strings.TrimPrefix(u.StringWithoutFragment(), "data:"), ",")
	if !found {
		err := errors.New("the data: URL has no comma before its data")
		return nil, f.fail(reason.InvalidDataURL, -1, NetworkError{Err: err})
	}
	kind = strings.Trim(kind, " \t\n\f\r")
	// 10. Percent-decode the body.
	body := []byte(weburl.PercentDecode(encoded))
	// 11. Decode base64.
	if trimmed, isBase64 := cutBase64(kind); isBase64 {
		decoded, err := forgivingBase64(body)
		if err != nil {
			err = fmt.Errorf("the base64 of the data: URL is invalid: %w", err)
			return nil, f.fail(reason.InvalidDataURL, -1, NetworkError{Err: err})
		}
		kind, body = trimmed, decoded
	}
	// 12–14. Parse the type.
	if strings.HasPrefix(kind, ";") {
		kind = "text/plain" + kind
	}
	t, ok := mime.Parse(kind)
	if !ok {
		t, _ = mime.Parse("text/plain;charset=US-ASCII")
	}
	// 15, and https://fetch.spec.whatwg.org/#scheme-fetch for data:
	f.request.tainting = taintingBasic
	if f.request.method == "HEAD" {
		body = nil
	}
	header := HeaderList{{"Content-Type", t.String()}}
	f.quirks.dataURLHeader(f.request, &header, len(body))
	return &response{
		status: 200, statusText: "OK", url: u.String(), exchange: -1,
		header: header,
		body:   io.NopCloser(bytes.NewReader(body)),
	}, nil
}

// cutBase64 cuts ";base64" from the end of a data: URL's type.
func cutBase64(kind string) (string, bool) {
	if n := len(kind) - len("base64"); n >= 0 && strings.EqualFold(kind[n:], "base64") {
		if rest := strings.TrimRight(kind[:n], " "); strings.HasSuffix(rest, ";") {
			return rest[:len(rest)-1], true
		}
	}
	return kind, false
}

// forgivingBase64: https://infra.spec.whatwg.org/#forgiving-base64-decode
func forgivingBase64(b []byte) ([]byte, error) {
	clean := bytes.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\n\f\r", r) {
			return -1
		}
		return r
	}, b)
	if len(clean)%4 == 0 {
		clean = bytes.TrimSuffix(clean, []byte("="))
		clean = bytes.TrimSuffix(clean, []byte("="))
	}
	return base64.RawStdEncoding.DecodeString(string(clean))
}
