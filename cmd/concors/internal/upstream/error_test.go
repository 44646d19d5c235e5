package upstream

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
)

func TestErrorsNameWhatFailed(t *testing.T) {
	f := New(Config{})
	for _, test := range []struct {
		err   error
		kind  Kind
		text  string
		never bool
	}{
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("refused")}, Unreachable, "the proxy that the environment names", false},
		{errors.New(`http: message cannot contain multiple Content-Length headers; got ["1" "2"]`), BadResponse, "did not respond with HTTP", false},
		{&addressError{host: "a", addr: netip.MustParseAddr("169.254.169.254"), what: "link-local"}, NotAllowedAddress, "link-local", true},
		{&addressError{host: "a", addr: netip.MustParseAddr("10.0.0.1"), what: "private"}, NotAllowedAddress, "private", false},
	} {
		e := f.explain(context.Background(), test.err, "api.example")
		if e.Kind != test.kind || !strings.Contains(e.Text, test.text) || e.Never != test.never {
			t.Errorf("%v: %+v", test.err, e)
		}
	}
}
