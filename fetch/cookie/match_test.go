package cookie

import "testing"

func TestDomainMatch(t *testing.T) {
	tests := []struct {
		host, domain string
		want         bool
	}{
		{"site.example", "site.example", true},
		{"www.site.example", "site.example", true},
		{"a.b.site.example", "site.example", true},
		{"site.example", "www.site.example", false},
		{"notsite.example", "site.example", false},
		{".site.example", "site.example", false},
		{"site.example.", "site.example", false},
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "0.0.1", false},
		{"[::1]", "[::1]", true},
		{"1.127.0.0.1.example", "127.0.0.1.example", true},
	}
	for _, test := range tests {
		if got := domainMatch(test.host, test.domain); got != test.want {
			t.Errorf("domainMatch(%q, %q) = %v", test.host, test.domain, got)
		}
	}
}

func TestDefaultPath(t *testing.T) {
	for path, want := range map[string]string{
		"": "/", "/": "/", "/a": "/", "/a/": "/a", "/a/b": "/a", "/a/b/": "/a/b", "//": "/", "a/b": "/",
		"/a//b": "/a/",
	} {
		if got := defaultPath(path); got != want {
			t.Errorf("defaultPath(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestPathMatch(t *testing.T) {
	tests := []struct {
		request, cookie string
		want            bool
	}{
		{"/", "/", true},
		{"/login", "/", true},
		{"/login", "/login", true},
		{"/login/", "/login", true},
		{"/login/en", "/login", true},
		{"/login/en", "/login/", true},
		{"/login", "/login/", false},
		{"/login-evil", "/login", false},
		{"/log", "/login", false},
		{"/Login", "/login", false},
		{"/%6cogin", "/login", false},
		{"//x", "/", true},
	}
	for _, test := range tests {
		if got := pathMatch(test.request, test.cookie); got != test.want {
			t.Errorf("pathMatch(%q, %q) = %v", test.request, test.cookie, got)
		}
	}
}
