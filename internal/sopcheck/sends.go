package sopcheck

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/sop"
)

// agent is a browser whose requests a server answers. Nothing answers https on the http servers' port,
// and http on the https servers'.
func (w *world) agent(server *hopServer) *fetch.Agent {
	agent := fetch.NewAgent(w.profile.Fetch)
	agent.Transport = portsTransport{server}
	return agent
}

type portsTransport struct{ server *hopServer }

func (t portsTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if (r.URL.Scheme == "https") != (r.URL.Port() == port3 || r.URL.Port() == "8444") {
		return nil, errors.New("no server")
	}
	resp, err := t.server.RoundTrip(r)
	if err == nil && strings.Contains(t.server.acao[0], "+creds") && r.Method == http.MethodOptions {
		resp.Header.Set("Access-Control-Allow-Headers", "content-type")
	}
	return resp, err
}

func (w *world) send(s sop.Send, server *hopServer) (sop.SendAnswer, bool) {
	if s.Document == nil {
		s.Document = w.page()
	}
	answer, err := w.profile.Send(context.Background(), w.agent(server), s)
	if err != nil || answer.Verdict == sop.NotKnown {
		return answer, false
	}
	return record(w, answer), true
}

// cutRelation cuts "/cross" off the end of an id.
func cutRelation(id string) (before, rel string, ok bool) {
	i := strings.LastIndexByte(id, '/')
	if i < 0 || !isFrame(id[i+1:]) || id[i+1:] == "sandbox" {
		return "", "", false
	}
	return id[:i], id[i+1:], true
}

func value(list fetch.HeaderList, name string) string {
	v, _ := list.Get(name)
	if v == "" {
		return "-"
	}
	return v
}

// senders are what the ids of the group sends call each sender.
var senders = map[string]sop.Send{
	"img": {By: "img"}, "iframe": {By: "iframe"}, "script": {By: "script"}, "audio": {By: "audio"}, "video": {By: "video"},
	"module script": {By: "module"}, "stylesheet": {By: "link"}, "manifest": {By: "manifest"}, "font": {By: "font"},
	"embed": {By: sop.EmbedElement}, "object": {By: sop.ObjectElement},
	"background-image": {By: sop.BackgroundImage}, "border-image": {By: sop.BackgroundImage},
	"list-style-image": {By: sop.BackgroundImage}, "mask-image": {By: sop.MaskImage}, "shape-outside": {By: sop.MaskImage},
	"modulepreload": {By: sop.ModulePreload}, "preload as=fetch": {By: sop.Preload},
	"preload as=image": {By: sop.Preload, As: fetch.DestinationImage}, "preload as=script": {By: sop.Preload, As: fetch.DestinationScript},
	"preload as=style": {By: sop.Preload, As: fetch.DestinationStyle}, "preload as=font": {By: sop.Preload, As: fetch.DestinationFont},
	"prefetch": {By: sop.Prefetch}, "dns/preconnect": {By: sop.Preconnect}, "icon": {By: sop.Icon},
	"EventSource": {By: sop.EventSource}, "WebSocket": {By: sop.WebSocket}, "a ping": {By: sop.Ping},
	"xslt": {By: sop.XSLT}, "CSP report-uri": {By: sop.ReportURI},
	"sendBeacon string":                       {By: sop.Beacon, Body: fetch.TextBody("x")},
	"sendBeacon json Blob":                    {By: sop.Beacon, Body: fetch.BlobBody([]byte("{}"), "application/json")},
	"sendBeacon json Blob, preflight granted": {By: sop.Beacon, Body: fetch.BlobBody([]byte("{}"), "application/json")},
}

// sendsGroup is what each element and function sends.
func sendsGroup(w *world, id string) (string, bool) {
	rest, ok := strings.CutPrefix(id, "request/")
	name, rel, ok2 := cutRelation(rest)
	if !ok || !ok2 {
		return "", false
	}
	acao := "*"
	switch {
	case strings.HasSuffix(name, ", preflight granted"):
		acao = "origin+creds"
	case strings.HasPrefix(name, "sendBeacon json"):
		acao = "none"
	}
	server := &hopServer{hops: []string{w.origin(rel) + "/resource"}, acao: []string{acao}, resource: http.Header{}}
	var requests []fetch.Exchange
	if s, ok := senders[name]; ok {
		s.URL = server.hops[0]
		answer, known := w.send(s, server)
		if !known {
			return "", false
		}
		requests = answer.Requests
	} else {
		if rel == "https" && w.profile.Has(sop.FetchSiteIgnoresScheme) {
			return "", false // package fetch has no recorded case of it
		}
		r := &fetch.Request{Page: w.page().Page(), URL: server.hops[0]}
		switch name {
		case "fetch cors", "fetch no-cors", "fetch same-origin":
			r.Mode = fetch.Mode(strings.TrimPrefix(name, "fetch "))
		case "xhr":
			r = fetch.XHR{Method: "GET", URL: r.URL}.Request(r.Page)
		default:
			return "", false
		}
		resp, err := w.agent(server).Fetch(context.Background(), r)
		var blocked *fetch.NetworkError
		switch {
		case errors.As(err, &blocked):
			requests = blocked.Trace.Exchanges
		case err != nil:
			return "", false
		default:
			_ = resp.Body.Close()
			requests = resp.Trace.Exchanges
		}
	}
	var lines []string
	for _, r := range requests {
		sent := "no"
		if r.Header.Contains("Origin") {
			sent = "yes"
		}
		lines = append(lines, r.Method+" mode="+value(r.Header, "Sec-Fetch-Mode")+" dest="+value(r.Header, "Sec-Fetch-Dest")+
			" site="+value(r.Header, "Sec-Fetch-Site")+" origin="+sent)
	}
	if lines == nil {
		return "no request", true
	}
	return strings.Join(lines, " | "), true
}

// writesGroup is requests that the same-origin policy does not stop.
func writesGroup(w *world, id string) (string, bool) {
	kind, rest := relation(id)
	switch kind {
	case "form":
		return w.form(rest)
	case "sendBeacon":
		return w.beacon(rest)
	case "EventSource":
		chain, setting, ok := strings.Cut(rest, "/ACAO ")
		acao, credentials, ok2 := strings.Cut(setting, "/withCredentials ")
		server := &hopServer{resource: http.Header{"Content-Type": {"text/event-stream"}}, body: "data: hello\n\n"}
		if !ok || !ok2 || credentials != "true" && credentials != "false" || !w.hops(server, chain, acao) {
			return "", false
		}
		s := sop.Send{By: sop.EventSource, URL: server.hops[0]}
		if credentials == "true" {
			s.CrossOrigin = fetch.UseCredentials
		}
		answer, known := w.send(s, server)
		switch {
		case !known:
			return "", false
		case !answer.Readable:
			return "!error event readyState 2", true
		}
		return "hello origin true", true
	case "WebSocket":
		if !isFrame(rest) || rest == "sandbox" {
			return "", false
		}
		target := "ws" + strings.TrimPrefix(w.origin(rest), "http")
		answer, known := w.send(sop.Send{By: sop.WebSocket, URL: target + "/"},
			&hopServer{hops: []string{w.origin(rest)}, acao: []string{"none"}, resource: http.Header{}})
		switch {
		case !known || len(answer.Requests) == 0 && answer.Verdict == sop.Allowed:
			return "", false
		case !answer.Readable:
			return "!error event", true
		}
		return "origin=" + value(answer.Requests[0].Header, "Origin") + " event.origin " + target, true
	case "":
		if id == "WebTransport" {
			if w.profile.Has(sop.NoWebTransport) {
				return "undefined", true
			}
			return "function", true
		}
	}
	return "", false
}

// form is a form that is submitted into a frame.
func (w *world) form(what string) (string, bool) {
	if what == "POST from page with referrer no-referrer" {
		if w.profile.Name == "Chromium" {
			return "", false // package fetch has its rule for fetch(), which is another one than for forms
		}
		page := w.page().Page()
		page.ReferrerPolicy = fetch.NoReferrer
		server := &hopServer{hops: []string{w.origin("cross") + "/"}, acao: []string{"none"}, resource: http.Header{}}
		resp, err := w.agent(server).Fetch(context.Background(), &fetch.Request{Page: page, URL: server.hops[0], Method: "POST", Referrer: "no-referrer",
			Mode: fetch.ModeNavigate, Destination: fetch.DestinationIframe, Initiator: fetch.InitiatorElement, Body: sop.FormBody("", "a", "1")})
		if err != nil {
			return "", false
		}
		_ = resp.Body.Close()
		return value(resp.Trace.Exchanges[0].Header, "Origin"), true
	}
	how, rel, ok := cutRelation(what)
	if !ok {
		return "", false
	}
	s := sop.Send{By: sop.Form, URL: w.origin(rel) + "/resource", Method: "POST"}
	encoding := ""
	switch how {
	case "GET":
		// The form's data replaces the query of its action, and with it the key by which the server
		// would find the request again: no request is found.
		return "no request", true
	case "method dialog":
		s.Method = "dialog"
	case "POST", "POST urlencoded":
	case "POST multipart":
		encoding = "multipart/form-data"
	case "POST text/plain":
		encoding = "text/plain"
	case "POST rel=noreferrer":
		s.NoReferrer = true
	default:
		if encoding, ok = strings.CutPrefix(how, "POST enctype "); !ok {
			return "", false
		}
	}
	s.Body = sop.FormBody(encoding, "a", "1")
	answer, known := w.send(s, &hopServer{hops: []string{s.URL}, acao: []string{"none"}, resource: http.Header{}})
	switch {
	case !known:
		return "", false
	case answer.Exception != "":
		return "!" + answer.Exception, true
	case len(answer.Requests) == 0:
		return "no request", true
	}
	body := strings.ReplaceAll(string(s.Body.Bytes), "\r\n", "~")
	if strings.HasPrefix(body, "--") {
		body = "boundary"
	}
	header := answer.Requests[0].Header
	contentType, _, _ := strings.Cut(value(header, "Content-Type"), ";")
	return answer.Requests[0].Method + " ct=" + contentType + " origin=" + value(header, "Origin") +
		" site=" + value(header, "Sec-Fetch-Site") + " mode=" + value(header, "Sec-Fetch-Mode") + " body=" + body, true
}

// beacon is navigator.sendBeacon, to a server that answers no preflight.
func (w *world) beacon(what string) (string, bool) {
	name, rel, ok := cutRelation(what)
	bodies := map[string]*fetch.Body{"string": fetch.TextBody("x"), "Blob no type": fetch.BytesBody([]byte("x")),
		"FormData": sop.FormBody("multipart/form-data", "a", "1"), "URLSearchParams": sop.FormBody("", "a", "1"),
		"ArrayBuffer": fetch.BytesBody([]byte("xx")), "nothing": nil}
	body, known := bodies[name]
	if contentType, isBlob := strings.CutPrefix(name, "Blob "); isBlob && !known && strings.Count(contentType, "/") == 1 {
		body, known = fetch.BlobBody([]byte("{}"), contentType), true
	}
	if !ok || !known {
		return "", false
	}
	server := &hopServer{hops: []string{w.origin(rel) + "/resource"}, acao: []string{"none"}, resource: http.Header{}}
	answer, known := w.send(sop.Send{By: sop.Beacon, URL: server.hops[0], Body: body}, server)
	if !known {
		return "", false
	}
	if len(answer.Requests) == 0 {
		return "true no request", true
	}
	r := answer.Requests[0]
	contentType, _, _ := strings.Cut(value(r.Header, "Content-Type"), ";")
	if contentType == "-" {
		contentType = "absent"
	}
	return "true " + r.Method + " ct=" + contentType + " mode=" + value(r.Header, "Sec-Fetch-Mode") +
		" acrh=" + value(r.Header, "Access-Control-Request-Headers"), true
}

// mixedGroup is an https page that requests http.
func mixedGroup(w *world, id string) (string, bool) {
	what, ok := strings.CutPrefix(id, "mixed/")
	if !ok {
		return "", false
	}
	w.run["https"] = true
	target := w.origin("http")
	if name, ok := strings.CutPrefix(what, "127.0.0.1 "); ok {
		what, target = name, "http://127.0.0.1:"+port1
	}
	server := &hopServer{hops: []string{target + "/resource"}, acao: []string{"*"}, resource: http.Header{}, body: "1"}
	switch what {
	case "script":
		answer, known := w.send(sop.Send{By: "script", URL: server.hops[0]}, server)
		if answer.Verdict == sop.Refused {
			return "!error event", known
		}
		return "load", known
	case "WebSocket":
		answer, known := w.send(sop.Send{By: sop.WebSocket, URL: "ws" + strings.TrimPrefix(server.hops[0], "http")}, server)
		if answer.Verdict == sop.Refused {
			return "!error event", known
		}
		return "message", known
	case "iframe":
		answer, known := w.send(sop.Send{By: "iframe", URL: server.hops[0]}, server)
		if answer.Verdict == sop.Refused {
			return "!timeout", known // the frame never loads
		}
		return "shown", known
	case "fetch":
		return w.fetched(server, fetch.Request{})
	}
	return "", false
}

// fetched is the type of the response of a fetch().
func (w *world) fetched(server *hopServer, r fetch.Request) (string, bool) {
	r.Page, r.URL = w.page().Page(), server.hops[0]
	resp, err := w.agent(server).Fetch(context.Background(), &r)
	var blocked *fetch.NetworkError
	switch {
	case errors.As(err, &blocked):
		return "!TypeError", true
	case err != nil:
		return "", false
	}
	_ = resp.Body.Close()
	return string(resp.Type), true
}

// jsonpGroup is scripts of other origins that are included for their data.
func jsonpGroup(w *world, id string) (string, bool) {
	header := http.Header{"Content-Type": {"text/javascript"}}
	outcome := ""
	switch id {
	case "JSONP callback":
		outcome = "42"
	case "cross-site script runs with our origin":
		outcome = "true" // a script has the origin of the page that includes it
	case "cross-site script reads our localStorage", "const object":
		outcome = "1"
	case "var global", "let global by name":
		outcome = "s"
	case "let global on window":
		outcome = "undefined" // let and const make no property of the global object
	case "assignment to undeclared":
		outcome = "2"
	case "proxy as prototype of window traps undeclared name":
		return "!TypeError", true // the prototype of a window cannot be changed
	case "Array.prototype index setter":
		return "not called", true // an array literal defines its elements, and sets none
	case "JSONP sends cookies (same-site)":
		return "true", true // a script without crossorigin is requested with credentials
	default:
		with, ok := strings.CutPrefix(id, "JSONP with ")
		if !ok {
			return "", false
		}
		outcome = "42"
		if policy, ok := strings.CutPrefix(with, "CORP "); ok {
			header.Set("Cross-Origin-Resource-Policy", policy)
		} else {
			contentType, nosniff := strings.CutSuffix(with, " nosniff")
			if strings.Count(contentType, "/") != 1 || strings.Contains(contentType, " ") {
				return "", false
			}
			header.Set("Content-Type", contentType)
			if nosniff {
				header.Set("X-Content-Type-Options", "nosniff")
			}
		}
	}
	shown, known := w.loaded("script", "cross", header, "callback(42)")
	if shown != "load" {
		return shown, known
	}
	return outcome, known
}

// opaqueGroup is opaque responses.
func opaqueGroup(w *world, id string) (string, bool) {
	noCORS := fetch.Request{Mode: fetch.ModeNoCORS}
	server := func(chain string) *hopServer {
		s := &hopServer{resource: http.Header{"Content-Type": {"text/javascript"}}, body: "secret"}
		if !w.hops(s, chain, "*") {
			panic(unknown{})
		}
		return s
	}
	// Everything made of an opaque response is made of a body that is empty.
	empty := func(outcome string) (string, bool) {
		kind, known := w.fetched(server("cross"), noCORS)
		return outcome, known && kind == "opaque"
	}
	switch id {
	case "no-cors fetch fields":
		return empty(`type=opaque status=0 ok=false url="" redirected=false statusText="" headers=0 body=null`)
	case "no-cors body text":
		return empty(`""`)
	case "no-cors blob":
		return empty(`0 ""`)
	case "no-cors json":
		return empty("!SyntaxError")
	case "createImageBitmap(opaque blob)":
		return empty("!InvalidStateError")
	case "img from opaque blob URL":
		return empty("!error event")
	case "caches.put opaque":
		return empty("opaque 0 0")
	case "cache.add Request no-cors":
		return empty("!TypeError") // add needs a status of 200 to 299, and this one is 0
	case "opaque 404 rejects?":
		return empty("opaque 0")
	case "no-cors + custom header":
		return empty("GET") // the header is dropped, so there is no preflight
	case "no-cors + Authorization":
		return empty("false")
	case "cache.add cross-site":
		s := server("cross")
		s.acao = []string{"none"}
		return w.fetched(s, fetch.Request{})
	case "opaque unreachable rejects?":
		s := server("cross")
		s.hops = []string{"https://other." + w.tld() + ":" + port1 + "/"}
		return w.fetched(s, noCORS)
	case "mode navigate":
		return "!TypeError", true // the Request constructor refuses it
	case "no-cors with integrity":
		return "!TypeError", true // https://fetch.spec.whatwg.org/#dom-request, for a mode of no-cors; never eligible
	case "sw/cors fetch answered with opaque", "sw/same-origin mode fetch answered with opaque":
		return "!TypeError", true // a service worker may answer with an opaque response only in no-cors mode
	case "sw/cors fetch of a wall-less made Response":
		return "", false
	case "sw/cross-site img answered with a made Response", "sw/same-origin img answered with cors cross-site":
		return w.drawAndRead(!w.profile.Has(sop.WorkerResponsesTaint))
	}
	if mode, ok := strings.CutPrefix(id, "mode "); ok {
		mode, chain, _ := strings.Cut(mode, " ")
		chain = strings.Replace(chain, "redirect to ", "same>", 1)
		if mode != "cors" && mode != "no-cors" && mode != "same-origin" {
			return "", false
		}
		return w.fetched(server(chain), fetch.Request{Mode: fetch.Mode(mode)})
	}
	if chain, ok := strings.CutPrefix(id, "no-cors "); ok {
		chain = strings.TrimSuffix(chain, " type")
		if chain == "same-origin" {
			chain = "self"
		}
		return w.fetched(server(chain), noCORS)
	}
	return "", false
}
