package lab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/lab"
	"github.com/concors/concors/cmd/concors/internal/lab/predict"
	"github.com/concors/concors/cmd/concors/internal/request"
)

// open starts a lab on free ports, and a client for which every name leads to this computer.
func open(t *testing.T, o lab.Options) (*lab.Lab, *http.Client) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.Port = free.Addr().(*net.TCPAddr).Port
	free.Close()
	l, err := lab.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- l.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		l.Close()
	})
	var d net.Dialer
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, _ := net.SplitHostPort(address)
			return d.DialContext(ctx, network, "127.0.0.1:"+port)
		}},
	}
	t.Cleanup(client.CloseIdleConnections)
	return l, client
}

// call sends JSON as the lab's own page does, and reads the answer into out.
func call(t *testing.T, l *lab.Lab, client *http.Client, method, path string, in, out any) int {
	t.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, l.URL()+strings.TrimPrefix(path, "/"), body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", strings.TrimSuffix(l.URL(), "/"))
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return response.StatusCode
}

type object = map[string]any

type newRun struct {
	ID, URL, How, Code string
	Sights             []string
}

type runState struct {
	Done   bool
	Saw    []lab.Saw
	Server []lab.LogEntry
}

var runJSON = regexp.MustCompile(`(?s)<script type="application/json" id="run">(.*?)</script>`)

// The Go engine plays the page of every experiment that is one request, through the lab's real ports. It sees
// what was predicted in memory, and the lab's servers see the requests that were predicted.
func TestPagesSeeWhatIsPredicted(t *testing.T) {
	l, client := open(t, lab.Options{})
	browsers := predict.Browsers()
	if testing.Short() {
		browsers = browsers[:1]
	}
	n := 0
	for _, e := range experiments.All() {
		if e.Script != nil || e.CannotRun(l.Ports()) != "" {
			continue
		}
		n++
		for _, browser := range browsers {
			for _, defence := range []bool{false, true} {
				if defence && e.Defence == nil {
					continue
				}
				t.Run(fmt.Sprint(e.Name, " in ", browser, " defence ", defence), func(t *testing.T) {
					checkPrediction(t, l, client, e, browser, defence)
				})
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d experiments ran", n)
	}
}

func checkPrediction(t *testing.T, l *lab.Lab, client *http.Client, e experiments.Experiment, browser string, defence bool) {
	var p predict.Prediction
	var started newRun
	in := object{"experiment": e.Name, "defence": defence, "browser": browser}
	if status := call(t, l, client, "POST", "/api/predict", in, &p); status != 200 {
		t.Fatalf("prediction: status %d", status)
	}
	if status := call(t, l, client, "POST", "/api/runs", object{"experiment": e.Name, "defence": defence}, &started); status != 200 {
		t.Fatalf("run: status %d", status)
	}
	page := get(t, client, started.URL)
	if page.StatusCode == http.StatusFound { // the earlier visit, which sets cookies
		page = get(t, client, page.Header.Get("Location"))
	}
	text, _ := io.ReadAll(page.Body)
	m := runJSON.FindSubmatch(text)
	if m == nil {
		t.Fatalf("%s: %s", started.URL, text)
	}
	var run struct{ Action experiments.Action }
	if err := json.Unmarshal(m[1], &run); err != nil {
		t.Fatal(err)
	}
	placed := e.At(l.Ports(), "/x/"+started.ID)
	placed.Action = run.Action
	q := placed.Question()
	q.As, q.Insecure, q.NoProxy = browser, true, true
	got, err := request.Run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	r := got.Results[0]
	sight := p.Sights[0]
	failed := r.Verdict != request.Allowed
	wantFailed := sight.Verdict != string(request.Allowed)
	if failed != wantFailed || failed && r.Reason.String() != sight.Reason {
		t.Errorf("the page gets %s %v, predicted %s %s", r.Verdict, r.Reason, sight.Verdict, sight.Reason)
	}
	if outcome := fmt.Sprintf("%s %d", r.Readable.Type, r.Readable.Status); !failed && strings.Contains(sight.Outcome, " ") && sight.Outcome != outcome &&
		sight.Outcome != fmt.Sprintf("status %d", r.Readable.Status) {
		t.Errorf("the page gets %s, predicted %s", outcome, sight.Outcome)
	}
	var state runState
	call(t, l, client, "GET", "/api/runs/"+started.ID, nil, &state)
	var seen []predict.Request
	for _, entry := range state.Server {
		seen = append(seen, predict.Request{Method: entry.Method, URL: entry.URL, Preflight: entry.Preflight})
	}
	if !slices.Equal(seen, p.Requests) {
		t.Errorf("the servers see %v, predicted %v", seen, p.Requests)
	}
}

func get(t *testing.T, client *http.Client, url string) *http.Response {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// A page of another site must not be able to make the reader's browser run anything, and a name that leads to this
// computer must not make the lab part of another site.
func TestOnlyTheLabsOwnPagesMayUseItsAPI(t *testing.T) {
	l, client := open(t, lab.Options{})
	own := strings.TrimSuffix(l.URL(), "/")
	port := fmt.Sprint(l.Ports().P1)
	second := fmt.Sprintf("127.0.0.1:%d", l.Ports().P2)
	for _, row := range []struct {
		name, address, host, method, path, origin, kind string
		status                                          int
	}{
		{"the lab's own page", "", "", "POST", "/api/runs", own, "application/json", 200},
		{"with a charset", "", "", "POST", "/api/runs", own, "application/json; charset=utf-8", 200},
		{"a page of another site", "", "", "POST", "/api/runs", "https://evil.example", "application/json", 403},
		{"a page of another experiment", "", "", "POST", "/api/runs", "http://other.localhost:" + port, "application/json", 403},
		{"the same name on another port", "", "", "POST", "/api/runs", "http://www.app.localhost:" + fmt.Sprint(l.Ports().P2), "application/json", 403},
		{"a sandboxed page", "", "", "POST", "/api/runs", "null", "application/json", 403},
		{"a program without Origin", "", "", "POST", "/api/runs", "", "application/json", 403},
		{"a form", "", "", "POST", "/api/runs", own, "text/plain", 403},
		{"a form of another type", "", "", "POST", "/api/predict", own, "application/x-www-form-urlencoded", 403},
		{"a preflight", "", "", "OPTIONS", "/api/runs", "https://evil.example", "", 405},
		{"another name (DNS rebinding)", "", "evil.example:" + port, "GET", "/api/course", "", "", 421},
		{"another name, with the Origin that fits", "", "evil.example:" + port, "POST", "/api/runs", "http://evil.example:" + port, "application/json", 421},
		{"a name that ends alike", "", "evillocalhost:" + port, "GET", "/", "", "", 421},
		{"a name that begins alike", "", "www.app.localhost.evil.example:" + port, "GET", "/", "", "", 421},
		{"no name", "", "127.0.0.1:" + port, "GET", "/", "", "", 421},
		{"localhost", "", "localhost:" + port, "GET", "/", "", "", 421},
		{"another port than that of the connection", "", "www.app.localhost:1", "GET", "/api/course", "", "", 421},
		{"the API at an experiment's name", "", "api.localhost:" + port, "GET", "/api/course", "", "", 404},
		{"the API on the second port", second, "www.app.localhost:" + fmt.Sprint(l.Ports().P2), "GET", "/api/course", "", "", 404},
		{"the page", "", "", "GET", "/", "", "", 200},
		{"the course", "", "", "GET", "/api/course", "", "", 200},
		{"the runner on an experiment's name", "", "api.localhost:" + port, "GET", "/web/run.js", "", "", 200},
		{"a page of the lab on an experiment's name", "", "api.localhost:" + port, "GET", "/web/index.html", "", "", 404},
		{"a file outside the pages", "", "", "GET", "/web/../lab.go", "", "", 404},
		{"a run that is over", "", "api.localhost:" + port, "GET", "/x/none/notes", "", "", 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			address := row.address
			if address == "" {
				address = "127.0.0.1:" + port
			}
			r, err := http.NewRequest(row.method, "http://"+address+row.path, strings.NewReader(`{"experiment": "simple-get", "browser": "chromium"}`))
			if err != nil {
				t.Fatal(err)
			}
			if r.Host = row.host; r.Host == "" {
				r.Host = "www.app.localhost:" + port
			}
			for name, value := range map[string]string{"Origin": row.origin, "Content-Type": row.kind} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			response, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, _ := io.ReadAll(response.Body)
			if response.StatusCode != row.status {
				t.Errorf("status %d, want %d: %s", response.StatusCode, row.status, body)
			}
			if response.StatusCode == 421 && !strings.Contains(string(body), `<a href="`+l.URL()+`">`) {
				t.Errorf("no link to the lab: %s", body)
			}
			if strings.HasPrefix(row.path, "/api/") && response.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("the API allows other origins")
			}
			if policy := response.Header.Get("Content-Security-Policy"); strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") &&
				(!strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe")) {
				t.Errorf("policy %q", policy)
			}
		})
	}
}

func TestInvalidExperimentsAreRefusedWithWhatToDo(t *testing.T) {
	l, client := open(t, lab.Options{})
	request := func(server object) object {
		return object{"page": object{"origin": "http://app.localhost"}, "action": object{"url": "http://api.localhost/a"}, "servers": []object{server}}
	}
	for _, row := range []struct {
		name       string
		experiment any
		status     int
		text, hint string
	}{
		{"an unknown name", "nothing", 404, `no experiment "nothing"`, "/api/course"},
		{"not JSON of an experiment", object{"pages": 1}, 400, `unknown field "pages"`, "docs/lab.md"},
		{"no URL", object{"page": object{"origin": "http://app.localhost"}}, 422, "it is empty", "write a whole URL"},
		{"a page without an origin", object{"action": object{"url": "http://api.localhost/"}}, 422, "page.origin is empty", "http://app.localhost"},
		{"a status that is none", request(object{"response": object{"status": 99}}), 422, "servers[0].response.status", "write 200"},
		{"a header without a colon", request(object{"response": object{"status": 200, "header": []string{"Vary"}}}), 422, "Name: value", "Vary: Origin"},
		{"a header with a line break", request(object{"response": object{"status": 200, "header": []string{"A: b\r\nC: d"}}}), 422, "line break", "one header"},
		{"a header that would stay", request(object{"response": object{"status": 200, "header": []string{"Strict-Transport-Security: max-age=1"}}}), 422, "can't be set", "remove"},
		{"a host elsewhere", request(object{"host": "evil.example", "response": object{"status": 200}}), 422, "servers[0].host", "api.localhost"},
		{"a proxy to elsewhere", request(object{"host": "app.localhost", "path": "/api", "forward": "http://10.0.0.1"}), 422, "servers[0].forward", "api.localhost"},
		{"too much", object{"lesson": strings.Repeat("x", 600<<10)}, 413, "more than", "smaller"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, path := range []string{"/api/predict", "/api/runs"} {
				var out struct{ Error, Hint string }
				status := call(t, l, client, "POST", path, object{"experiment": row.experiment, "browser": "chromium"}, &out)
				if status != row.status || !strings.Contains(out.Error, row.text) || !strings.Contains(out.Hint, row.hint) {
					t.Errorf("%s: status %d, %+v", path, status, out)
				}
			}
		})
	}
}

func TestAPolicyIsEditedLive(t *testing.T) {
	l, client := open(t, lab.Options{})
	experiment := func(policy string) object {
		return object{"page": object{"origin": "http://app.localhost"}, "action": object{"url": "http://api.localhost/notes", "method": "PUT"},
			"servers": []object{{"policy": policy, "response": object{"status": 200, "body": "{}"}}}}
	}
	var p predict.Prediction
	for policy, want := range map[string]string{
		"origins: [http://app.localhost]\nmethods: [PUT]\n": "cors 200",
		"origins: [http://app.localhost]\n":                 "!TypeError",
		"origins: [http://other.localhost]\n":               "!TypeError",
	} {
		if status := call(t, l, client, "POST", "/api/predict", object{"experiment": experiment(policy), "browser": "firefox"}, &p); status != 200 || p.Sights[0].Outcome != want {
			t.Errorf("%q: status %d, %s, want %s", policy, status, p.Sights[0].Outcome, want)
		}
	}
	var out struct {
		Error    string
		Problems []struct {
			Server, Line, Column int
			Message              string
		}
	}
	status := call(t, l, client, "POST", "/api/runs", object{"experiment": experiment("origins: [http://app.localhost]\nmethod: [PUT]\n")}, &out)
	if status != 422 || len(out.Problems) != 1 || out.Problems[0].Line != 2 || out.Problems[0].Message == "" {
		t.Errorf("status %d, %+v", status, out)
	}
}

func TestWhatThePageSawIsKept(t *testing.T) {
	l, client := open(t, lab.Options{})
	var started newRun
	call(t, l, client, "POST", "/api/runs", object{"experiment": "simple-get"}, &started)
	if want := []string{"response", "body", "headers"}; started.How != "frame" || !slices.Equal(started.Sights, want) {
		t.Errorf("%+v", started)
	}
	base := "/x/" + started.ID
	saw := fmt.Sprintf("http://app.localhost:%d%s/saw", l.Ports().P1, base)
	post := func(body string) int {
		response, err := client.Post(saw, "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	if status := post("{"); status != 400 {
		t.Errorf("damaged JSON: status %d", status)
	}
	var state runState
	if status := post(`{"saw": [{"name": "response", "outcome": "cors 200"}]}`); status != 204 {
		t.Errorf("status %d", status)
	}
	if call(t, l, client, "GET", "/api/runs/"+started.ID, nil, &state); state.Done {
		t.Error("done after one of three sights")
	}
	post(`{"saw": [{"name": "body", "outcome": "http://api.localhost` + base + `/notes"}, {"name": "headers", "outcome": "` + strings.Repeat("x", 9000) + `"}]}`)
	call(t, l, client, "GET", "/api/runs/"+started.ID, nil, &state)
	if !state.Done || len(state.Saw) != 3 || state.Saw[1].Outcome != "http://api.localhost/notes" || len(state.Saw[2].Outcome) > 5000 {
		t.Errorf("done %v, saw %.300v", state.Done, state.Saw)
	}
}

func TestEarlierVisitsSetCookiesOfTheRunOnly(t *testing.T) {
	l, client := open(t, lab.Options{})
	var started newRun
	call(t, l, client, "POST", "/api/runs", object{"experiment": "credentials"}, &started)
	if started.How != "popup" || !strings.HasPrefix(started.URL, "http://api.localhost:") {
		t.Fatalf("%+v", started)
	}
	visit := get(t, client, started.URL)
	if c := visit.Header.Get("Set-Cookie"); c != "sid=31d4; SameSite=None; Secure; Path=/x/"+started.ID || visit.StatusCode != 302 {
		t.Errorf("status %d, cookie %q", visit.StatusCode, c)
	}
}

func TestSandboxedPagesHaveNoOrigin(t *testing.T) {
	l, client := open(t, lab.Options{})
	var started newRun
	call(t, l, client, "POST", "/api/runs", object{"experiment": "null-origin"}, &started)
	if policy := get(t, client, started.URL).Header.Get("Content-Security-Policy"); started.How != "sandbox" || !strings.Contains(policy, "; sandbox allow-scripts") {
		t.Errorf("%+v, policy %s", started, policy)
	}
}

func TestResultsAreKeptByBrowser(t *testing.T) {
	l, client := open(t, lab.Options{})
	results := func(outcome string) object {
		return object{"browser": "firefox", "version": "153", "experiments": []object{{"name": "simple-get",
			"sights": []object{{"name": "response", "outcome": outcome, "predicted": "cors 200", "agrees": true}, {"name": "body", "outcome": "", "predicted": nil}}}}}
	}
	call(t, l, client, "POST", "/api/results", results("!TypeError"), nil)
	call(t, l, client, "POST", "/api/results", results("cors 201"), nil)
	var out struct{ Results []lab.Results }
	call(t, l, client, "GET", "/api/results", nil, &out)
	if len(out.Results) != 1 || out.Results[0].Experiments[0].Sights[0].Agrees || out.Results[0].Experiments[0].Sights[0].Outcome != "cors 201" {
		t.Errorf("%+v", out)
	}
	if status := call(t, l, client, "POST", "/api/results", object{"browser": ""}, nil); status != 400 {
		t.Errorf("without a browser: status %d", status)
	}
}

func TestAClassIsAddedUp(t *testing.T) {
	l, client := open(t, lab.Options{Class: true})
	entry := func(participant, browser, outcome string) object {
		return object{"participant": participant, "browser": browser, "experiment": "simple-get", "guess": "it is blocked",
			"sights": []object{{"name": "response", "outcome": outcome, "predicted": "cors 200"}}}
	}
	for _, e := range []object{entry("a", "chromium", "!TypeError"), entry("a", "chromium", "cors 200"), entry("b", "firefox", "cors 200"), entry("c", "firefox", "!TypeError")} {
		if status := call(t, l, client, "POST", "/api/class", e, nil); status != 200 {
			t.Errorf("status %d", status)
		}
	}
	if status := call(t, l, client, "POST", "/api/class", entry("d", "a name", "x"), nil); status != 422 {
		t.Errorf("another browser: status %d", status)
	}
	var v lab.ClassView
	call(t, l, client, "GET", "/api/class", nil, &v)
	if v.Participants != 3 || len(v.Experiments) != 1 || v.Experiments[0].Runs != 3 || v.Experiments[0].Guesses[0].Count != 3 ||
		v.Experiments[0].Sights[0].Outcomes[0].Browsers["chromium"] != 1 || v.Experiments[0].Sights[0].Outcomes[0].Browsers["firefox"] != 1 {
		t.Errorf("%+v", v)
	}
	closed, client := open(t, lab.Options{})
	for _, method := range []string{"GET", "POST"} {
		if status := call(t, closed, client, method, "/api/class", entry("a", "chromium", "x"), nil); status != 404 {
			t.Errorf("%s without a class: status %d", method, status)
		}
	}
}

// Other devices have one address with several ports. They see neither the class nor what uses names.
func TestOtherDevicesUseTheirAddress(t *testing.T) {
	address := ownAddress(t)
	l, client := open(t, lab.Options{Listen: netip.MustParseAddr(address), Class: true})
	device := &http.Client{} // connects to the address itself, as a device does
	base := l.DeviceURLs()[0]
	course := get(t, device, base+"api/course")
	var c struct {
		ThisComputer bool
		CannotRun    map[string]string
	}
	if err := json.NewDecoder(course.Body).Decode(&c); err != nil {
		t.Fatal(err)
	}
	if c.ThisComputer || !strings.Contains(c.CannotRun["credentials"], "needs the computer") || c.CannotRun["simple-get"] != "" {
		t.Errorf("%+v", c)
	}
	for path, want := range map[string]int{"api/class": 403, "class": 403, "": 200} {
		if status := get(t, device, base+path).StatusCode; status != want {
			t.Errorf("/%s: status %d, want %d", path, status, want)
		}
	}
	r, _ := http.NewRequest("GET", base, nil)
	r.Host = fmt.Sprintf("www.app.localhost:%d", l.Ports().P1)
	if response, err := device.Do(r); err != nil || response.StatusCode != 421 {
		t.Errorf("a device that names localhost: %v, %v", response, err)
	}
	if status := get(t, client, l.URL()).StatusCode; status != 200 {
		t.Errorf("on this computer: status %d", status)
	}
}

// ownAddress returns an address of this computer that is not the lab's own, 127.0.0.1.
func ownAddress(t *testing.T) string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			return n.IP.String()
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("this computer is in no network, so the lab cannot be opened for other devices")
	}
	t.Skip("this computer is in no network")
	return ""
}

func TestATakenPortIsSaid(t *testing.T) {
	l, _ := open(t, lab.Options{})
	_, err := lab.Open(lab.Options{Port: l.Ports().P1})
	if e, ok := err.(*lab.PortError); !ok || !e.Taken {
		t.Errorf("%v", err)
	}
}
