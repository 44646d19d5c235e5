package experiments_test

import (
	"reflect"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/experiments"
)

var labPorts = experiments.Ports{P1: 8700, P2: 8701, HTTPS: 8702, P3: 8703}

func TestURLsGetThePortsOfTheLab(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"http has the first port", "http://api.localhost/notes", "http://api.localhost:8700/x/1/notes"},
		{"port 8080 is the second", "http://www.app.localhost:8080/a", "http://www.app.localhost:8701/x/1/a"},
		{"https has its own", "https://www.app.localhost/a", "https://www.app.localhost:8702/x/1/a"},
		{"another port stays", "http://api.localhost:6000/a", "http://api.localhost:6000/x/1/a"},
		{"an origin gets a port only", `"http://app.localhost"`, `"http://app.localhost:8700"`},
		{"a name outside localhost stays", "http://app.example/notes", "http://app.example/notes"},
		{"a longer name stays", "http://app.localhost.example/notes", "http://app.localhost.example/notes"},
		{"a name that begins alike stays", "http://app.localhosts/notes", "http://app.localhosts/notes"},
		{"localhost itself stays", "http://localhost/notes", "http://localhost/notes"},
		{"a wildcard port stays", "http://app.localhost:*", "http://app.localhost:*"},
		{"a wildcard name gets a port", "http://*.app.localhost", "http://*.app.localhost:8700"},
		{"user and password stay", "http://ada:secret@cdn.localhost/n", "http://ada:secret@cdn.localhost:8700/x/1/n"},
		{"a full stop ends a sentence", "See http://app.localhost.", "See http://app.localhost:8700."},
		{"all in one text", `a("http://b.c.localhost/"); b('https://d.localhost/e?f#g')`,
			`a("http://b.c.localhost:8700/x/1/"); b('https://d.localhost:8702/x/1/e?f#g')`},
		{"upper case stays", "HTTP://OTHER.localhost", "HTTP://OTHER.localhost:8700"},
		{"upper case has its own port for https", "HTTPS://OTHER.LOCALHOST/A", "HTTPS://OTHER.LOCALHOST:8702/x/1/A"},
		{"a longer name in upper case stays", "http://OTHER.LOCALHOST.EXAMPLE/A", "http://OTHER.LOCALHOST.EXAMPLE/A"},
		{"a WebSocket too", "ws://api.localhost/live", "ws://api.localhost:8700/x/1/live"},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := experiments.Experiment{Script: &experiments.Script{Code: row.in}}
			once := e.At(labPorts, "/x/1")
			if once.Script.Code != row.want {
				t.Errorf("%s\nbecomes %s\nwant    %s", row.in, once.Script.Code, row.want)
			}
			if twice := once.At(labPorts, "/x/1"); twice.Script.Code != row.want {
				t.Errorf("placed again it becomes %s", twice.Script.Code)
			}
		})
	}
}

func TestWholeExperimentsArePlaced(t *testing.T) {
	body := "http://api.localhost/a"
	e := experiments.Experiment{
		Page:   experiments.Page{Origin: "http://app.localhost", Cookies: []string{"a=1", "b=2; Path=/", "c=3; path=/deep", "__Host-d=4; Secure; Path=/"}},
		Action: experiments.Action{URL: "http://api.localhost/notes", Header: []string{"X-A: http://app.localhost"}, Body: &body},
		Servers: []experiments.Rule{
			{Host: "api.localhost", Path: "/notes", Policy: "origins: [http://app.localhost]", Response: experiments.Response{Header: []string{
				"Access-Control-Allow-Origin: http://app.localhost/", "Location: http://cdn.localhost/a", "location: /b", "Location: //c/d",
				"Set-Cookie: e=5; HttpOnly", "Content-Security-Policy: img-src http://cdn.localhost/a", "X"}, Body: "http://app.localhost/x"}},
			{Host: "www.app.localhost:8080", Response: experiments.Response{Header: []string{"Content-Type: text/html"}}},
			{Host: "app.localhost", Path: "/api", Forward: "http://api.localhost"},
		},
		Defence: &experiments.Defence{Servers: []experiments.Rule{{Path: "/z"}},
			Sights: []experiments.Sight{{Request: &experiments.Action{URL: "http://api.localhost/s"}}}},
	}
	before := e.At(experiments.Ports{}, "") // a copy
	got := e.At(labPorts, "/x/1")
	const lab = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: http://*.localhost:* https://*.localhost:*; form-action http://*.localhost:* https://*.localhost:*"
	placed := "http://api.localhost:8700/x/1/a"
	want := experiments.Experiment{
		Page: experiments.Page{Origin: "http://app.localhost:8700", Cookies: []string{"a=1; Path=/x/1", "b=2; Path=/x/1",
			"c=3; path=/x/1/deep", "__Host-d=4; Secure; Path=/"}},
		Action: experiments.Action{URL: "http://api.localhost:8700/x/1/notes", Header: []string{"X-A: http://app.localhost:8700"}, Body: &placed},
		Servers: []experiments.Rule{
			{Host: "api.localhost", Path: "/x/1/notes", Policy: "origins: [http://app.localhost:8700]", Response: experiments.Response{Header: []string{
				"Access-Control-Allow-Origin: http://app.localhost:8700/", "Location: http://cdn.localhost:8700/x/1/a", "location: /x/1/b", "Location: //c/d",
				"Set-Cookie: e=5; HttpOnly; Path=/x/1", "Content-Security-Policy: img-src http://cdn.localhost:8700/x/1/a", "X"},
				Body: "http://app.localhost:8700/x/1/x"}},
			{Host: "www.app.localhost:8701", Response: experiments.Response{Header: []string{"Content-Type: text/html", "Content-Security-Policy: " + lab}}},
			{Host: "app.localhost", Path: "/x/1/api", Forward: "http://api.localhost:8700/x/1"},
		},
		Defence: &experiments.Defence{Servers: []experiments.Rule{{Path: "/x/1/z"}},
			Sights: []experiments.Sight{{Request: &experiments.Action{URL: "http://api.localhost:8700/x/1/s"}}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("placed: %+v\nwant:   %+v", got, want)
	}
	if again := e.At(experiments.Ports{}, ""); !reflect.DeepEqual(again, before) {
		t.Errorf("placing changed the experiment itself to %+v", again)
	}
	if twice := got.At(labPorts, "/x/1"); !reflect.DeepEqual(twice, want) {
		t.Errorf("placed again: %+v", twice)
	}
}

func TestOneAddressHasThreeOrigins(t *testing.T) {
	p := experiments.Ports{P1: 8700, P2: 8701, HTTPS: 8702, P3: 8703, Host: "192.0.2.7"}
	e, _ := experiments.Find("redirect-tainted")
	if why := e.CannotRun(p); why != "" {
		t.Fatal(why)
	}
	e = e.At(p, "/x/1")
	if e.Page.Origin != "http://192.0.2.7:8700" || e.Action.URL != "http://192.0.2.7:8701/x/1/notes" ||
		e.Servers[0].Response.Header[2] != "Location: http://192.0.2.7:8703/x/1/notes.json" || e.Servers[1].Host != "192.0.2.7:8703" {
		t.Errorf("%+v", e)
	}
}

func TestWhatCannotRunSaysWhy(t *testing.T) {
	device := experiments.Ports{P1: 8700, P2: 8701, P3: 8703, Host: "192.0.2.7"}
	for name, runs := range map[string][2]bool{ // on this computer, on another device
		"simple-get": {true, true}, "local-network": {}, "mixed-content": {}, "credentials": {true, false}, "null-origin": {true, false},
	} {
		e, ok := experiments.Find(name)
		if !ok {
			t.Fatal(name)
		}
		if got := e.CannotRun(labPorts) == ""; got != runs[0] {
			t.Errorf("%s runs on this computer: %v", name, got)
		}
		if got := e.CannotRun(device) == ""; got != runs[1] {
			t.Errorf("%s runs on another device: %v", name, got)
		}
	}
}
