package lab

import (
	_ "embed"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// A visit is a request, and which of the lab's addresses it was sent to.
type visit struct {
	ports experiments.Ports // with Host, for another device
	isLab bool              // to the address of the lab's own pages
	// local means that the request comes from this computer.
	local bool
}

// origin is that of the lab's own pages for this visitor.
func (v *visit) origin() string { return v.ports.Origins()["self"] }

// visited checks the Host header, so that no name that leads to this computer makes the lab a part of another
// site (DNS rebinding). Names below localhost count only for requests from this computer.
func (l *Lab) visited(r *http.Request, port int) (v visit, ok bool) {
	v.local = fromThisComputer(r)
	host, hostPort := strings.ToLower(r.Host), ""
	if name, p, err := net.SplitHostPort(host); err == nil {
		host, hostPort = name, p
	}
	isDefault := hostPort == "" && (port == 80 && r.TLS == nil || port == 443 && r.TLS != nil)
	if hostPort != strconv.Itoa(port) && !isDefault {
		return v, false
	}
	v.ports = l.ports
	switch {
	case strings.HasSuffix(host, ".localhost"):
		v.isLab = host == "www.app.localhost" && port == l.ports.P1
		return v, v.local
	case slices.Contains(l.devices, host) && port != l.ports.HTTPS:
		v.ports = l.devicePorts(host)
		v.isLab = port == l.ports.P1
		return v, true
	}
	return v, false
}

// fromThisComputer reports whether a request comes from this computer by its loopback interface.
func fromThisComputer(r *http.Request) bool {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// maySend reports whether a request that changes something comes from the lab's own pages. Another site's page
// can't send this type without a preflight, which the lab never grants, nor can it choose its Origin.
func (v *visit) maySend(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return r.Header.Get("Origin") == v.origin() && strings.EqualFold(strings.TrimSpace(kind), "application/json")
}

// policy is the Content-Security-Policy of the lab's own pages.
func (v *visit) policy() string {
	frames := "http://*.localhost:* https://*.localhost:*"
	if v.ports.Host != "" {
		frames = "http://" + v.ports.Host + ":*"
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src " + frames +
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
}

//go:embed elsewhere.html
var elsewherePage string

var elsewhereTemplate = template.Must(template.New("elsewhere").Parse(elsewherePage))

// elsewhere answers a request under a name that is not the lab's, with the link that is.
func (l *Lab) elsewhere(w http.ResponseWriter, r *http.Request, status int) {
	links := []string{l.URL()}
	isLocal := fromThisComputer(r)
	if !isLocal {
		links = l.DeviceURLs()
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	// The error is that of the connection.
	_ = elsewhereTemplate.Execute(w, struct {
		Host  string
		Links []string
		Local bool
		Names string
	}{term.Bounded(r.Host), links, isLocal, strings.Join(l.Names(), " ")})
}
