package conformance

import "testing"

func TestHosts(t *testing.T) {
	h := Hosts{40001, 40002, 40003, 40004}
	for _, row := range []struct{ name, template, real string }{
		{"a host", "{a}", "a.localhost:40001"},
		{"a subdomain", "{sub.a}", "sub.a.localhost:40001"},
		{"the same host on the second port", "{a2}", "a.localhost:40002"},
		{"several templates in one text", "http://{b}/?to=http://{c}/", "http://b.localhost:40001/?to=http://c.localhost:40001/"},
		{"a host with another port", "http://a.localhost:25/", "http://a.localhost:25/"},
		{"braces that are not a template", "{origin} {}", "{origin} {}"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := h.Expand(row.template); got != row.real {
				t.Errorf("Expand(%q) = %q, want %q", row.template, got, row.real)
			}
			if got := h.Template(row.real); got != row.template {
				t.Errorf("Template(%q) = %q, want %q", row.real, got, row.template)
			}
		})
	}
	if got := h.name("sub.a.localhost:40001"); got != "sub.a" {
		t.Errorf("name of a known host = %q", got)
	}
	if got := h.name("example.com"); got != "example.com" {
		t.Errorf("name of a foreign host = %q", got)
	}
}
