package integration

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// phpWithRecipe runs PHP's built-in server. PHP itself makes the application's status
// 500, for an exception.
func phpWithRecipe(t *testing.T, r *recipe, upstream string) string {
	program := need(t, "php")
	versionIs(t, r, program, "-v")
	dir := tempDir(t)
	prepended := write(t, dir, "cors.php", r.file(t, "cors.php"))
	// The server runs index.php for every path. If a script is given as an argument,
	// auto_prepend_file has no effect.
	write(t, dir, "www/index.php", `<?php
$body = file_get_contents('`+upstream+`' . $_SERVER['REQUEST_URI'], false, stream_context_create(['http' => [
	'method' => $_SERVER['REQUEST_METHOD'], 'ignore_errors' => true,
]]));
foreach ($http_response_header as $line) {
	if (!preg_match('/^(?:Content-Length|Date|Connection):/i', $line)) {
		header($line);
	}
}
if ($_SERVER['REQUEST_URI'] === '/fail') {
	http_response_code(200);
	throw new Exception('the database is away');
}
echo $body;
`)
	return serveAt(t, dir, func(address string) []string {
		return []string{program, "-d", "display_errors=0", "-d", "auto_prepend_file=" + prepended, "-S", address, "-t", dir + "/www"}
	})
}

// pythonUpstream passes requests of the Python applications to the application behind.
const pythonUpstream = `
import http.client, sys

upstream = http.client.HTTPConnection(sys.argv[1].removeprefix("http://"))

def fetch(method, path):
    """Returns the status, the headers and the body of the application's response."""
    if path == "/throw":
        raise RuntimeError("the database is away")
    upstream.request(method, path)
    response = upstream.getresponse()
    headers = [(n, v) for n, v in response.getheaders() if n.lower() not in ("content-length", "date")]
    return response.status, headers, response.read()
`

func flaskWithRecipe(t *testing.T, r *recipe, upstream string) string {
	return pythonWithRecipe(t, r, upstream, "flask", `
from flask import Flask, Response, request
from cors import CORS
from upstream import fetch

app = Flask(__name__, static_folder=None)
app.wsgi_app = CORS(app.wsgi_app)

@app.before_request
def proxy():
    status, headers, body = fetch(request.method, request.path)
    return Response(body, status, headers)

app.run(host="127.0.0.1", port=0, threaded=False)
`)
}

func djangoWithRecipe(t *testing.T, r *recipe, upstream string) string {
	return pythonWithRecipe(t, r, upstream, "django", `
from wsgiref.simple_server import make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import re_path
from upstream import fetch

settings.configure(SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[
    "cors.CORS",
    "django.middleware.common.CommonMiddleware",
])

def proxy(request):
    status, headers, body = fetch(request.method, request.path)
    response = HttpResponse(body, status=status)
    for name, value in headers:
        response[name] = value
    return response

urlpatterns = [re_path("", proxy)]
server = make_server("127.0.0.1", 0, get_wsgi_application())
print("http://127.0.0.1:%d" % server.server_port, flush=True)
server.serve_forever()
`)
}

// pythonWithRecipe runs an application in Python with a framework.
func pythonWithRecipe(t *testing.T, r *recipe, upstream, framework, application string) string {
	program := needPython(t, framework)
	versionIs(t, r, program, "-c", "from importlib.metadata import version; print(version('"+framework+"'))")
	dir := tempDir(t)
	write(t, dir, "cors.py", r.file(t, "cors.py"))
	write(t, dir, "upstream.py", pythonUpstream)
	url := servePrinted(t, dir, program, "-u", write(t, dir, "application.py", application), upstream)
	exceptionHasCORS(t, url)
	return url
}

// exceptionHasCORS checks that a framework's response to an exception has the CORS
// headers too.
func exceptionHasCORS(t *testing.T, url string) {
	t.Helper()
	resp, err := http.Get(url + "/throw")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if h := resp.Header; resp.StatusCode != 500 || h.Get("Access-Control-Allow-Origin") != "*" && !strings.Contains(h.Get("Vary"), "Origin") {
		t.Errorf("an exception: %d %v", resp.StatusCode, resp.Header)
	}
}

// needPython returns a Python that has a module. Debian's packages install modules for
// Debian's Python, and another Python may come before it in PATH.
func needPython(t *testing.T, module string) string {
	t.Helper()
	for _, program := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(program, "-c", "import importlib.util as u, sys; sys.exit(not u.find_spec('"+module+"'))").Run() == nil {
			return program
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("no Python with %s is installed, and with CI=true no test may be skipped", module)
	}
	t.Skipf("no Python with %s is installed", module)
	return ""
}
