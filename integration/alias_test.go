package integration

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/fetch"
)

// aliasServers maps a stack to a function that starts its server with an alias and
// returns its URL. The server trusts the certificate authorities in the file ca.
var aliasServers = map[string]func(t *testing.T, r *recipe, ca string) string{
	"apache": func(t *testing.T, r *recipe, ca string) string {
		program := need(t, "apache2", "httpd")
		versionIs(t, r, program, "-v")
		return startApache(t, program, withCA(r.file(t, "concors-alias.conf"), ca))
	},
	"caddy": func(t *testing.T, r *recipe, ca string) string {
		program := need(t, "caddy")
		versionIs(t, r, program, "version")
		t.Setenv("SSL_CERT_FILE", ca)
		return startCaddy(t, program, r.file(t, "concors-alias.caddy"))
	},
	"nginx": func(t *testing.T, r *recipe, ca string) string {
		program := need(t, "nginx")
		versionIs(t, r, program, "-v")
		return serveNginx(t, program, "", nginxInternal+withCA(r.file(t, "concors-alias.conf"), ca))
	},
	"vite":    startVite,
	"webpack": startWebpack,
}

// withCA replaces the file of Debian's certificate authorities in a configuration.
func withCA(config, ca string) string {
	return strings.Replace(config, "/etc/ssl/certs/ca-certificates.crt", ca, 1)
}

// A received is a request as the other server received it.
type received struct{ Method, Host, Path, Query, Origin, Cookie, Body string }

// otherServer is the server behind an alias. Below /v1/ it accepts every method, allows
// a foreign origin with CORS, and sets session cookies.
func otherServer(t *testing.T) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "https://foreign.example")
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Expose-Headers", "X-Total-Count")
		h.Set("X-Total-Count", "7")
		h.Set("X-Accel-Redirect", internalFile)
		h.Add("Set-Cookie", "session=s; Domain=localhost; Path=/v1/; HttpOnly")
		h.Add("Set-Cookie", "wide=w; Path=/")
		_ = json.NewEncoder(w).Encode(received{ // an error means that the client has gone
			r.Method, r.Host, r.URL.Path, r.URL.RawQuery, r.Header.Get("Origin"), r.Header.Get("Cookie"), string(body),
		})
	})
	mux.HandleFunc("/v1/moved", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "https://"+r.Host+"/v1/echo?moved")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/v1/moved/path", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/v1/echo?moved")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/v1/away", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "//other.example/v1/x")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/v1/socket", func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") || !strings.EqualFold(r.Header.Get("Connection"), "upgrade") {
			http.Error(w, "no upgrade", http.StatusBadRequest)
			return
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x05hello")
		time.Sleep(200 * time.Millisecond)
	})
	return mux
}

// TestAliases puts each server in front of another server with TLS, which a page on the
// first server's origin then uses.
func TestAliases(t *testing.T) {
	for _, stack := range stacks(t, true) {
		start, tested := aliasServers[stack.Name]
		if stack.Name == "next" { // TestNextRoutes
			continue
		}
		if tested != (stack.Verified != "") {
			t.Errorf("the alias for %s is verified with %q, but whether it is tested here is %v", stack.Name, stack.Verified, tested)
		}
		if !tested {
			continue
		}
		t.Run(stack.Name, func(t *testing.T) {
			host, ca := startTLS(t, otherServer(t))
			develops := stack.Name == "vite" || stack.Name == "webpack"
			write := func(cookies bool) *recipe { return writeAlias(t, stack.Name, "/api/", host, cookies) }
			t.Run("without cookies", func(t *testing.T) {
				p := &aliasPage{base: start(t, write(false), ca), host: host, path: "/api/", develops: develops}
				p.browse(t, false)
				p.openWebSocket(t)
			})
			t.Run("with cookies", func(t *testing.T) {
				(&aliasPage{base: start(t, write(true), ca), host: host, path: "/api/", develops: develops}).browse(t, true)
			})
			t.Run("an untrusted certificate", func(t *testing.T) {
				_, other := certificateOf(t, "localhost")
				url := start(t, write(false), other)
				resp, err := http.Get(url + "/api/echo")
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode < 500 {
					t.Errorf("the certificate is accepted: status %d", resp.StatusCode)
				}
			})
		})
	}
}

// startTLS starts a server and returns its host and the file with its certificate.
func startTLS(t *testing.T, handler http.Handler) (host, ca string) {
	server := httptest.NewUnstartedServer(handler)
	certificate, ca := certificateOf(t, "localhost")
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that don't trust the certificate cause errors
	server.StartTLS()
	t.Cleanup(server.Close)
	return "localhost:" + server.URL[strings.LastIndex(server.URL, ":")+1:], ca
}

// writeAlias writes an alias that leads from path to /v1/ of the host.
func writeAlias(t *testing.T, stack, path, host string, cookies bool) *recipe {
	t.Helper()
	args := []string{"recipe", "--alias", "--for", stack, "--path", path, "--to", "https://" + host + "/v1/", "--json"}
	if cookies {
		args = append(args, "--cookies")
	}
	r := new(recipe)
	if stderr, status := concorsJSON(t, r, args...); status != 0 {
		t.Fatal(stderr)
	}
	return r
}

// An aliasPage is a page on the origin of the server with the alias, which is at path.
type aliasPage struct {
	base, host, path string
	respells         bool // the server spells queries in its own way: a as a=
	develops         bool // a dev server, which has no other server in front
}

// browse makes requests through the alias, and checks what the other server received
// and what the page sees.
func (p *aliasPage) browse(t *testing.T, cookies bool) {
	agent := fetch.NewAgent(fetch.Profiles()[0])
	send := func(r *fetch.Request) (received, *fetch.Response) {
		t.Helper()
		r.Page = &fetch.Page{URL: p.base + "/"}
		r.URL = p.base + p.path + r.URL
		response, err := agent.Fetch(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		var s received
		err = json.Unmarshal(body, &s)
		if p.respells {
			s.Query = strings.TrimSuffix(s.Query, "=")
		}
		if err != nil {
			t.Fatalf("%d %q\n%s", response.Status, body, wire(response.Trace))
		}
		for _, x := range response.Trace.Exchanges {
			if x.Preflight || !strings.HasPrefix(x.URL, p.base+"/") {
				t.Errorf("a preflight was sent, or a request to another site:\n%s", wire(response.Trace))
			}
		}
		for _, h := range response.Internal.Header {
			lower := strings.ToLower(h.Name)
			if strings.HasPrefix(lower, "access-control-") || lower == "x-accel-redirect" && !p.develops {
				t.Errorf("%s: %s is not removed", h.Name, h.Value)
			}
		}
		return s, response
	}

	s, response := send(&fetch.Request{URL: "echo?a=%2F&b"})
	if want := (received{Method: "GET", Host: p.host, Path: "/v1/echo", Query: "a=%2F&b"}); s != want {
		t.Errorf("GET arrived as %+v, want %+v", s, want)
	}
	if n, _ := response.Header.Get("X-Total-Count"); n != "7" {
		t.Error("a script can't read a response header, although the page is on the same origin")
	}
	want := received{Method: "PUT", Host: p.host, Path: "/v1/echo", Origin: p.base, Body: `{}`}
	if cookies {
		want.Cookie = "session=s; wide=w"
	}
	if s, _ = send(&fetch.Request{URL: "echo", Method: "PUT", Body: jsonBody, Header: apiKey}); s != want {
		t.Errorf("PUT arrived as %+v, want %+v", s, want)
	}
	for _, path := range []string{"moved", "moved/path"} {
		if s, _ := send(&fetch.Request{URL: path}); s.Query != "moved" || s.Path != "/v1/echo" {
			t.Errorf("%s went to %+v", path, s)
		}
	}

	// Cookies of the site, and cookies that the other server sets.
	q, err := http.NewRequest("GET", p.base+p.path+"echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Cookie", "site=1")
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	if got := s.Cookie != "" || len(resp.Cookies()) > 0; got != cookies {
		t.Errorf("cookies are forwarded: %v (%q, %v)", got, s.Cookie, resp.Header["Set-Cookie"])
	}
	for _, c := range resp.Cookies() {
		if c.Path != p.path {
			t.Errorf("a cookie is valid outside of the alias: %v", c)
		}
	}
	away, err := http.DefaultTransport.RoundTrip(httptest.NewRequest("GET", p.base+p.path+"away", nil))
	if err != nil {
		t.Fatal(err)
	}
	away.Body.Close()
	if to := away.Header.Get("Location"); to != "//other.example/v1/x" {
		t.Errorf("a redirect to another host became %q", to)
	}
}

// openWebSocket opens a WebSocket through the alias.
func (p *aliasPage) openWebSocket(t *testing.T) {
	c, err := net.Dial("tcp", strings.TrimPrefix(p.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "GET "+p.path+"socket HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		strings.TrimPrefix(p.base, "http://"), p.base)
	in := bufio.NewReader(c)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("no WebSocket: %+v %v", resp, err)
	}
	hello := make([]byte, 7)
	if _, err := io.ReadFull(in, hello); err != nil || string(hello[2:]) != "hello" {
		t.Errorf("the WebSocket sends %q: %v", hello, err)
	}
}

// certificateOf creates a certificate for a host. It also returns a file with the
// certificate, for clients that trust it.
func certificateOf(t *testing.T, host string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, write(t, tempDir(t), "ca.pem", string(text))
}

// installVite installs the packages of testdata/alias, with Vite and webpack, for the first test that
// needs them, and returns the folder.
var installVite = sync.OnceValues(func() (dir string, err error) {
	dir = filepath.Join(nodeDir, "alias")
	return dir, npmInstall("alias", dir)
})

func startVite(t *testing.T, r *recipe, ca string) string {
	node := need(t, "node")
	need(t, "npm")
	installed, err := installVite()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("NODE_EXTRA_CA_CERTS", ca)
	dir := tempDir(t)
	if err := os.Symlink(filepath.Join(installed, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "package.json", `{"type": "module"}`)
	write(t, dir, "index.html", "<title>site</title>")
	write(t, dir, "vite.config.js", r.file(t, "vite.config.js"))
	program := filepath.Join(dir, "node_modules/vite/bin/vite.js")
	versionIs(t, r, node, program, "--version")
	// Vite opens and closes the port before it serves, to find out whether the port is free. So it is ready
	// when it prints its URL, not when the port accepts connections.
	return servePrinted(t, dir, node, program, "--host", "127.0.0.1")
}

func startWebpack(t *testing.T, r *recipe, ca string) string {
	node := need(t, "node")
	need(t, "npm")
	installed, err := installVite()
	if err != nil {
		t.Fatal(err)
	}
	lockedIs(t, r, installed, "webpack-dev-server")
	t.Setenv("NODE_EXTRA_CA_CERTS", ca)
	dir, err := os.MkdirTemp(installed, "webpack-")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "index.js", "")
	write(t, dir, "webpack.config.mjs", r.file(t, "webpack.config.mjs"))
	return servePrinted(t, dir, node, write(t, dir, "server.mjs", `
import webpack from 'webpack'
import WebpackDevServer from 'webpack-dev-server'
import config from './webpack.config.mjs'

const compiler = webpack({ mode: 'development', context: import.meta.dirname, entry: './index.js', infrastructureLogging: { level: 'none' } })
const server = new WebpackDevServer({ ...config.devServer, host: '127.0.0.1', port: 'auto', static: false }, compiler)
await server.start()
console.log('http://127.0.0.1:' + server.server.address().port)
`))
}
