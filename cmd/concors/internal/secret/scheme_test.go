package secret

import "testing"

// Credentials are masked in a header of any name, and a challenge is not.
func TestCredentialsInAnyHeader(t *testing.T) {
	for _, row := range []struct{ name, value, want string }{
		{"X-Custom", "Bearer abc123", "Bearer *** (under 16 bytes)"},
		{"X-Custom", "basic YTpi", "basic *** (under 16 bytes)"},
		{"X-Custom", "Bearer of news", "Bearer of news"},
		{"WWW-Authenticate", `Bearer realm=api`, `Bearer realm=api`},
		{"X-Session-Id", "s1234567", "*** (under 16 bytes)"},
	} {
		if got := new(Masker).Header(row.name, row.value); got != row.want {
			t.Errorf("%s: %s is masked as %q, want %q", row.name, row.value, got, row.want)
		}
	}
}
