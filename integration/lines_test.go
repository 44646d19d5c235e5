package integration

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// eachText starts a program for each text, in front of an application that knows nothing
// of CORS.
func eachText(start func(t *testing.T, verified, text, upstream string) string) func(*testing.T, string, []string) []string {
	return func(t *testing.T, verified string, texts []string) (urls []string) {
		upstream := applicationWithoutCORS(t)
		for _, text := range texts {
			urls = append(urls, start(t, verified, text, upstream))
		}
		return urls
	}
}

// applicationWithoutCORS serves / with 200 and X-Total-Count, and any other path with 404.
// It sends no CORS headers, and does not know OPTIONS.
func applicationWithoutCORS(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Total-Count", "1")
		switch {
		case r.Method == http.MethodOptions:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case r.URL.Path == "/":
			fmt.Fprint(w, "hello")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// programIs checks that a program has the version that a short form is verified with.
func programIs(t *testing.T, verified string, argv ...string) {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), verified) {
		t.Errorf("the short form is verified with %s, and this is %s %v", verified, out, err)
	}
}

func apacheWithLines(t *testing.T, verified, text, upstream string) string {
	program := need(t, "apache2", "httpd")
	programIs(t, verified, program, "-v")
	return startApache(t, program, text+"\nProxyPass / "+upstream+"/")
}

func caddyWithLines(t *testing.T, verified, text, upstream string) string {
	program := need(t, "caddy")
	programIs(t, verified, program, "version")
	return startCaddy(t, program, text+"\nreverse_proxy "+upstream)
}

func haproxyWithLines(t *testing.T, verified, text, upstream string) string {
	program, dir := need(t, "haproxy"), tempDir(t)
	programIs(t, verified, program, "-v")
	return serveAt(t, dir, func(address string) []string {
		return []string{program, "-db", "-f", write(t, dir, "haproxy.cfg", `
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s

frontend site
    bind `+address+`
`+text+`
    default_backend application

backend application
    server one `+strings.TrimPrefix(upstream, "http://")+`
`)}
	})
}

// nginxWithLines has the lines in the server block, and again in a location with an
// add_header of its own, as they say.
func nginxWithLines(t *testing.T, verified, text, upstream string) string {
	program := need(t, "nginx")
	programIs(t, verified, program, "-v")
	http, server := "", text
	if strings.HasPrefix(server, "map ") {
		end := strings.Index(server, "}\n") + 2
		http, server = server[:end], server[end:]
	}
	return serveNginx(t, program, http, server+`
		location / { proxy_pass `+upstream+`; }
		location /other {
			add_header X-Own 1;
			`+server+`
			proxy_pass `+upstream+`;
		}`)
}

func phpWithLines(t *testing.T, verified, text, upstream string) string {
	program, dir := need(t, "php"), tempDir(t)
	programIs(t, verified, program, "-v")
	write(t, dir, "www/index.php", "<?php\n"+text+`
$body = file_get_contents('`+upstream+`' . $_SERVER['REQUEST_URI'], false, stream_context_create(['http' => [
	'method' => $_SERVER['REQUEST_METHOD'], 'ignore_errors' => true,
]]));
foreach ($http_response_header as $line) {
	if (!preg_match('/^(?:Content-Length|Date|Connection):/i', $line)) {
		header($line);
	}
}
echo $body;
`)
	return serveAt(t, dir, func(address string) []string {
		return []string{program, "-S", address, "-t", dir + "/www"}
	})
}

// railsWithLines runs the middleware in a Rack application: Rails is one too.
func railsWithLines(t *testing.T, verified, text, upstream string) string {
	puma, dir := need(t, "puma"), tempDir(t)
	middleware, found := strings.CutPrefix(text, "Rails.application.config.middleware.insert_before 0, Rack::Cors do")
	if !found {
		t.Fatalf("the lines begin otherwise:\n%s", text)
	}
	programIs(t, verified, "ruby", "-e", "require 'rack/cors/version'; print Rack::Cors::VERSION")
	write(t, dir, "config.ru", `
require 'net/http'
require 'rack/cors'
use Rack::Cors do`+middleware+`
run lambda { |env|
  uri = URI('`+upstream+`' + env['PATH_INFO'])
  request = Net::HTTPGenericRequest.new(env['REQUEST_METHOD'], false, true, uri)
  response = Net::HTTP.start(uri.host, uri.port) { |http| http.request(request) }
  headers = response.each_capitalized.to_h.slice('X-Total-Count')
  [response.code.to_i, headers, [response.body || '']]
}
`)
	return serveAt(t, dir, func(address string) []string {
		return []string{puma, "--quiet", "--threads", "1:4", "--bind", "tcp://" + address, dir + "/config.ru"}
	})
}

// tomcatLinesMain serves one application for each folder, on a port of its own.
const tomcatLinesMain = `
import jakarta.servlet.http.*;
import java.net.URI;
import java.net.http.*;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.*;

public class Main {
	public static void main(String[] args) throws Exception {
		for (int i = 0; i < args.length; i++) {
			String folder = args[i];
			Tomcat tomcat = new Tomcat();
			tomcat.setBaseDir(folder + "/base");
			Connector connector = new Connector();
			connector.setPort(0);
			connector.setProperty("address", "127.0.0.1");
			tomcat.setConnector(connector);
			Context context = tomcat.addContext("", null);
			WebXml xml = new WebXml();
			new WebXmlParser(false, false, false).parseWebXml(new java.io.File(folder + "/web.xml").toURI().toURL(), xml, false);
			xml.getFilters().values().forEach(context::addFilterDef);
			xml.getFilterMappings().forEach(context::addFilterMap);
			Tomcat.addServlet(context, "proxy", new Proxy());
			context.addServletMappingDecoded("/", "proxy");
			tomcat.start();
			System.out.println(i + " http://127.0.0.1:" + connector.getLocalPort());
		}
	}

	public static class Proxy extends HttpServlet {
		@Override
		protected void service(HttpServletRequest request, HttpServletResponse response) throws java.io.IOException {
			try {
				HttpResponse<byte[]> upstream = HttpClient.newHttpClient().send(
					HttpRequest.newBuilder(URI.create("UPSTREAM" + request.getRequestURI())).method(request.getMethod(), HttpRequest.BodyPublishers.noBody()).build(),
					HttpResponse.BodyHandlers.ofByteArray());
				response.setStatus(upstream.statusCode());
				response.setHeader("X-Total-Count", "1");
				response.getOutputStream().write(upstream.body());
			} catch (InterruptedException e) {
				throw new java.io.IOException(e);
			}
		}
	}
}
`

// tomcatLines runs all texts in one process, because Java takes seconds to start.
func tomcatLines(t *testing.T, verified string, texts []string) []string {
	javac, java := need(t, "javac"), need(t, "java")
	const jars = "/usr/share/tomcat10/lib/*:/usr/share/tomcat10/bin/*"
	if _, err := os.Stat("/usr/share/tomcat10/lib/catalina.jar"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("Tomcat is not installed, and with CI=true no test may be skipped")
		}
		t.Skip("Tomcat is not installed")
	}
	programIs(t, verified, java, "-cp", jars, "org.apache.catalina.util.ServerInfo")
	dir := tempDir(t)
	source := write(t, dir, "Main.java", strings.Replace(tomcatLinesMain, "UPSTREAM", applicationWithoutCORS(t), 1))
	if out, err := exec.Command(javac, "-proc:none", "-cp", jars, "-d", dir, source).CombinedOutput(); err != nil {
		t.Fatalf("compiling: %v\n%s", err, out)
	}
	argv := []string{java, "-cp", dir + ":" + jars, "Main"}
	for i, text := range texts {
		folder := fmt.Sprintf("%s/app%d", dir, i)
		write(t, folder, "web.xml", `<web-app version="6.0">`+text+`</web-app>`)
		argv = append(argv, folder)
	}
	return serveAll(t, dir, len(texts), argv...)
}

// TestShortFormsOfFetchHandlers runs the short forms of functions that take a Request and
// return a Response in Node, which has both. The platforms themselves can't be run here, so
// that these short forms are not verified.
func TestShortFormsOfFetchHandlers(t *testing.T) {
	node := need(t, "node")
	script, err := filepath.Abs("testdata/shorts/fetch.mjs")
	if err != nil {
		t.Fatal(err)
	}
	dir := tempDir(t)
	argv := []string{node, script}
	var written []*lines
	var policies []string
	for _, stack := range []string{"cloudflare-workers", "netlify-functions", "supabase"} {
		for _, p := range append(shortPolicies, namedPolicy{text: "{origins: [https://app.example.com], methods: [PUT], requestHeaders: [content-type]}"}) {
			l, refusal := writeLines(t, stack, p.text)
			if l == nil {
				t.Errorf("%s: %v", stack, refusal)
				continue
			}
			argv = append(argv, write(t, dir, fmt.Sprintf("%d.mjs", len(written)), l.Text))
			written, policies = append(written, l), append(policies, p.text)
		}
	}
	for i, url := range serveAll(t, dir, len(written), argv...) {
		verifyLines(t, policies[i], url, written[i], shortServer{})
	}
}
