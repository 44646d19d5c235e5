package sopcheck

import (
	"context"
	"net/http"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/sop"
)

// isolationGroup is pages with opener and embedder policies.
func isolationGroup(w *world, id string) (string, bool) {
	page := w.page()
	switch id {
	case "isSecureContext":
		return truth(page.SecureContext)
	case "locks same origin", "locks across ports":
		if a := record(w, w.profile.Storage(sop.Storage{Document: page, API: sop.Locks})); a.Exception != "" {
			return "!" + a.Exception, true
		}
		return "held", id == "locks same origin"
	case "SharedArrayBuffer":
		return w.sharedArrayBuffer(page)
	case "oracle/window.length after frame closed in shadow tree":
		// Firefox counts the frames of closed shadow trees: see the deviation.
		frame := w.frame(page, "cross")
		w.load(sop.Navigation{URL: w.origin("cross") + "/a", Parent: frame})
		w.load(sop.Navigation{URL: w.origin("cross") + "/b", Parent: frame, InShadowTree: true})
		return w.access(page, frame, sop.Get, "length").Value.Text, true
	}
	rest, ok := strings.CutPrefix(id, "isolation/")
	if !ok {
		return "", false
	}
	headers, what := relation(rest)
	n := sop.Navigation{URL: w.origin("self") + "/isolated"}
	switch headers {
	case "COOP same-origin + COEP require-corp":
		n.OpenerPolicy, n.EmbedderPolicy = sop.OpenerSameOrigin, fetch.RequireCORP
	case "COOP same-origin + COEP credentialless":
		n.OpenerPolicy, n.EmbedderPolicy = sop.OpenerSameOrigin, fetch.Credentialless
	case "COEP require-corp only":
		n.EmbedderPolicy = fetch.RequireCORP
	case "COOP same-origin only":
		n.OpenerPolicy = sop.OpenerSameOrigin
	case "Document-Isolation-Policy isolate-and-require-corp":
		n.Isolation = fetch.RequireCORP
	case "Document-Isolation-Policy isolate-and-credentialless":
		n.Isolation = fetch.Credentialless
	default:
		return "", false
	}
	opened, err := w.profile.Open(sop.Open{From: page, Document: n})
	if err != nil {
		return "", false
	}
	return w.isolated(opened.Opened, what)
}

func (w *world) sharedArrayBuffer(doc *sop.Document) (string, bool) {
	if w.profile.HasSharedArrayBuffer(doc) {
		return "function", true
	}
	return "undefined", true
}

// isolated is what a page with policies is and loads.
func (w *world) isolated(doc *sop.Document, what string) (string, bool) {
	switch what {
	case "crossOriginIsolated":
		return truth(doc.CrossOriginIsolated)
	case "opener":
		return truth(doc.Opener == nil)
	case "SAB":
		return w.sharedArrayBuffer(doc)
	case "originAgentCluster":
		return w.originAgentCluster(doc, "undefined")
	case "document.domain set":
		return w.setDomain(sop.SetDomain{Document: doc, Value: "site." + w.tld()})
	case "wasm shared memory postMessage":
		a := record(w, w.profile.Post(sop.Post{From: doc, To: doc, TargetOrigin: "*", Data: sop.SharedArrayBuffer}))
		if a.Exception != "" {
			return "!" + a.Exception, true
		}
		return "ok", a.Verdict == sop.Allowed
	case "iframe without COEP", "iframe same-origin without COEP", "iframe credentialless":
		f := sop.Framing{Parent: doc, Origin: w.frame(w.page(), "cross").Origin, Credentialless: what == "iframe credentialless"}
		if what == "iframe same-origin without COEP" {
			f.Origin = doc.Origin
		}
		if record(w, w.profile.Framing(f)).Shown {
			return "shown", true
		}
		return "blocked", true
	case "iframe COEP+CORP":
		f := sop.Framing{Parent: doc, Origin: w.frame(w.page(), "cross").Origin, EmbedderPolicy: fetch.RequireCORP}
		if !record(w, w.profile.Framing(f)).Shown {
			return "blocked", true
		}
		frame := w.load(sop.Navigation{URL: w.origin("cross") + "/frame", Parent: doc, EmbedderPolicy: fetch.RequireCORP})
		if frame.CrossOriginIsolated {
			return "shown true", true
		}
		return "shown false", true
	}
	return w.loads(doc, what)
}

// loads is an element, or a fetch, of a page with an embedder policy.
func (w *world) loads(doc *sop.Document, what string) (string, bool) {
	kind, rest, _ := strings.Cut(what, " ")
	rel, element := "cross", fetch.Element{Kind: kind}
	header, acao, body := http.Header{"Content-Type": {"image/png"}}, "none", png
	if kind == "script" {
		header.Set("Content-Type", "text/javascript")
		body = "1"
	}
	switch rest {
	case "cross", "same-site":
		if rest == "same-site" {
			rel = "sub"
		}
	case "cross CORP cross-origin":
		header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	case "crossorigin ACAO":
		element.CrossOrigin, acao = fetch.Anonymous, "*"
	case "cors", "no-cors":
		acao = "*"
	default:
		return "", false
	}
	server := &hopServer{hops: []string{w.origin(rel) + "/resource"}, acao: []string{acao}, resource: header, body: body}
	agent := fetch.NewAgent(w.profile.Fetch)
	agent.Transport = server
	switch kind {
	case "fetch":
		r := &fetch.Request{Page: doc.Page(), URL: server.hops[0], Mode: fetch.Mode(rest)}
		resp, err := agent.Fetch(context.Background(), r)
		if err != nil {
			return "!TypeError", true
		}
		_ = resp.Body.Close()
		return string(resp.Type), true
	case "img", "script":
		element.URL = server.hops[0]
		answer, err := w.profile.Embed(context.Background(), agent, sop.Embed{Document: doc, Element: element})
		if err != nil {
			return "", false
		}
		if !answer.Loaded {
			return "!error event", true
		}
		return "load", true
	}
	return "", false
}
