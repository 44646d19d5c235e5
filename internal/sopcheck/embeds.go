package sopcheck

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/sop"
)

// A hopServer redirects along a chain of hops and ends with a resource. Each hop has its own
// Access-Control-Allow-Origin.
type hopServer struct {
	hops     []string // URLs
	acao     []string // the setting of each hop: none, *, origin, origin+creds, *+creds, null or wrong
	resource http.Header
	body     string
	status   int // of the resource; 0 means 200
	next     int
}

func (s *hopServer) RoundTrip(r *http.Request) (*http.Response, error) {
	i := min(s.next, len(s.hops)-1)
	header, status, body := http.Header{}, 200, s.body
	if i+1 < len(s.hops) {
		status, body = 302, ""
		header.Set("Location", s.hops[i+1])
	} else {
		header = s.resource.Clone()
		if s.status != 0 {
			status = s.status
		}
	}
	setting, credentials := strings.CutSuffix(s.acao[i], "+creds")
	if credentials {
		header.Set("Access-Control-Allow-Credentials", "true")
	}
	switch setting {
	case "*", "null":
		header.Set("Access-Control-Allow-Origin", setting)
	case "wrong":
		header.Set("Access-Control-Allow-Origin", "http://wrong.example")
	case "origin": // the server reflects the origin
		if o := r.Header.Get("Origin"); o != "" {
			header.Set("Access-Control-Allow-Origin", o)
		}
	}
	s.next++
	return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: header,
		Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// png is the beginning of a PNG file.
const png = "\x89PNG\r\n\x1a\n"

// embed loads an element through a chain of origins such as "same>cross" or "cross(no ACAO)>same".
func (w *world) embed(doc *sop.Document, kind, chain, crossOrigin, acao string) (sop.EmbedAnswer, bool) {
	types := map[string]string{"img": "image/png", "link": "text/css", "font": "font/woff2", "audio": "audio/wav",
		"video": "video/webm", "script": "text/javascript", "module": "text/javascript"}
	bodies := map[string]string{"img": png, "link": "b{}", "font": "wOF2", "audio": "RIFF\x00\x00\x00\x00WAVEfmt ",
		"video": "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm\x42\x87\x81\x02", "script": "1", "module": "1"}
	server := &hopServer{resource: http.Header{"Content-Type": {types[kind]}}, body: bodies[kind]}
	if !w.hops(server, chain, acao) {
		return sop.EmbedAnswer{}, false
	}
	attribute := fetch.CrossOrigin(crossOrigin)
	if crossOrigin == "none" {
		attribute = fetch.NoCORSAttribute
	}
	agent := fetch.NewAgent(w.profile.Fetch)
	agent.Transport = server
	answer, err := w.profile.Embed(context.Background(), agent, sop.Embed{Document: doc,
		Element: fetch.Element{Kind: kind, URL: server.hops[0], CrossOrigin: attribute}})
	return record(w, answer), err == nil
}

// hops gives a server a chain of origins. It reports whether they exist.
func (w *world) hops(server *hopServer, chain, acao string) bool {
	for _, hop := range strings.Split(chain, ">") {
		setting := acao
		if name, ok := strings.CutSuffix(hop, "(no ACAO)"); ok {
			hop, setting = name, "none"
		}
		var base string
		switch hop {
		case "same", "self":
			base = w.origin("self")
		case "cross2":
			base = strings.Replace(w.origin("cross"), "//other.", "//third.", 1)
		case "port", "sub", "parent", "cross", "https":
			base = w.origin(hop)
		default:
			return false
		}
		server.hops, server.acao = append(server.hops, base+"/resource"), append(server.acao, setting)
	}
	return true
}

// settings cuts "cross/crossorigin anonymous/ACAO *" into its parts.
func settings(id string) (chain, crossOrigin, acao, rest string, ok bool) {
	chain, id, ok1 := strings.Cut(id, "/crossorigin ")
	crossOrigin, id, ok2 := strings.Cut(id, "/ACAO ")
	acao, rest, _ = strings.Cut(id, "/")
	return chain, crossOrigin, acao, rest, ok1 && ok2
}

// canvasGroup is images, audio and video, and what a canvas remembers of them.
func canvasGroup(w *world, id string) (string, bool) {
	kind, rest := relation(id)
	switch kind {
	case "img", "audio":
		chain, crossOrigin, acao, _, ok := settings(rest)
		if !ok {
			return "", false
		}
		answer, ok := w.embed(w.page(), kind, chain, crossOrigin, acao)
		switch {
		case !ok:
			return "", false
		case !answer.Loaded:
			return "!error event", true
		case kind == "audio":
			return "loaded duration 1", true
		}
		return w.drawAndRead(answer.OriginClean)
	case "video":
		chain, crossOrigin, acao, what, ok := settings(rest)
		if !ok {
			return "", false
		}
		answer, ok := w.embed(w.page(), kind, chain, crossOrigin, acao)
		switch {
		case !ok:
			return "", false
		case !answer.Loaded:
			return "!error event", true
		case what == "duration,size":
			return "true", true
		case what == "canvas" && answer.OriginClean:
			return "readable n", true
		case what == "canvas":
			return w.drawAndRead(false)
		}
		return "", false
	case "canvas":
		state, what := relation(rest)
		if what == "ImageData via createImageBitmap(blob of fetch no-cors)" {
			return "!InvalidStateError", true // the body of an opaque response is empty, which is not an image
		}
		if state == "cors" || state == "tainted" {
			return w.canvasOperation(state == "cors", what)
		}
		switch rest {
		case "data svg", "data svg foreignObject", "data png crossorigin":
			return "readable 255", true // a data: image is CORS-same-origin
		case "sandboxed frame draws its own server's image":
			answer, ok := w.embed(w.frame(w.page(), "sandbox"), "img", "self", "none", "none")
			if !ok || !answer.Loaded {
				return "", false
			}
			return w.drawAndRead(answer.OriginClean)
		}
	}
	return "", false
}

// drawAndRead draws on a canvas and reads a pixel.
func (w *world) drawAndRead(clean bool) (string, bool) {
	a := record(w, w.profile.Canvas(sop.Canvas{OriginClean: clean, Operation: sop.GetImageData}))
	if a.Exception != "" {
		return "!" + a.Exception, true
	}
	return "readable 255", a.Verdict == sop.Allowed
}

// canvasOperation is one operation on a canvas that has an image of another origin on it.
func (w *world) canvasOperation(clean bool, what string) (string, bool) {
	read := func(value string, operations ...sop.CanvasOperation) (string, bool) {
		state := clean
		for _, operation := range operations {
			a := record(w, w.profile.Canvas(sop.Canvas{OriginClean: state, Operation: operation}))
			if a.Exception != "" {
				return "!" + a.Exception, true
			}
			state = a.OriginClean
		}
		return value, true
	}
	switch what {
	case "getImageData", "createPattern+fill then read", "canvas drawn onto canvas", "createImageBitmap(img) then draw",
		"createImageBitmap(canvas) then draw", "OffscreenCanvas transferToImageBitmap", "OffscreenCanvas getImageData":
		return read("readable 255", sop.GetImageData)
	case "createPattern set, not drawn, then read", "drawn with globalAlpha=0", "drawn outside canvas":
		return read("readable 0", sop.GetImageData)
	case "clearRect clears taint":
		return read("readable 0", sop.ClearRect, sop.GetImageData)
	case "reset() clears taint":
		return read("readable 0", sop.Reset, sop.GetImageData)
	case "width reset clears taint":
		return read("readable 0", sop.SetWidth, sop.GetImageData)
	case "toDataURL", "bitmaprenderer toDataURL":
		return read("data:image/png", sop.ToDataURL)
	case "toBlob", "OffscreenCanvas convertToBlob":
		return read("image/png", sop.ToBlob)
	case "captureStream":
		return read("", sop.CaptureStream)
	case "VideoFrame":
		return read("ok", sop.NewVideoFrame)
	case "postMessage ImageBitmap", "transfer ImageBitmap":
		return read("ok", sop.PostImageBitmap)
	case "putImageData on it":
		return read("ok", sop.PutImageData)
	case "isPointInPath":
		return read("false", sop.IsPointInPath)
	case "naturalWidth":
		return "4", true
	case "webgl texImage2D", "webgl2 texImage2D", "webgl texImage2D(canvas)":
		if w.profile.Name == "Firefox" {
			return "", false // there was no WebGL where it was measured
		}
		if strings.Contains(what, "(canvas)") {
			return read("ok", sop.TexImage2D)
		}
		return read("ok error 0", sop.TexImage2D)
	}
	return "", false
}

// stylesGroup is style sheets and fonts.
func stylesGroup(w *world, id string) (string, bool) {
	kind, rest := relation(id)
	switch kind {
	case "svg use":
		return w.svgUse(rest)
	case "shape-outside":
		rel, acao, ok := strings.Cut(rest, "/ACAO ")
		server := &hopServer{resource: http.Header{"Content-Type": {"image/png"}}, body: png}
		if !ok || !w.hops(server, rel, acao) {
			return "", false
		}
		answer, known := w.send(sop.Send{By: sop.MaskImage, URL: server.hops[0]}, server)
		if answer.Verdict == sop.Refused {
			return "box used", known
		}
		return "shape used", known
	case "css":
		switch rest {
		case "opaque sheet/applies to page":
			return "123px", true // a style sheet applies whether the page may read it or not
		case ":visited via getComputedStyle":
			return "lies", true // every link has the style of one that was not visited
		case "querySelector :visited":
			return "null", true
		case "@import cross-site":
			a := record(w, w.profile.Sheet(sop.Sheet{Operation: sop.CSSRules}))
			return "[object CSSStyleSheet] !" + a.Exception, a.Exception != ""
		}
		if name, ok := strings.CutPrefix(rest, "cross-site 404 "); ok && name == "text/css" {
			return w.loadedWith("link", "cross", 404, http.Header{"Content-Type": {name}}, "b{}")
		}
		if what, ok := strings.CutPrefix(rest, "opaque sheet/"); ok {
			return w.opaqueSheet(what)
		}
		if contentType, ok := strings.CutPrefix(rest, "cross-site text/"); ok {
			return w.loaded("link", "cross", http.Header{"Content-Type": {"text/" + contentType}}, "b{}")
		}
		chain, crossOrigin, acao, what, ok := settings(rest)
		if redirect, isRedirect := strings.CutPrefix(rest, "redirect "); isRedirect {
			chain, crossOrigin, acao, what, ok = redirect, "none", "none", "cssRules", true
		}
		if !ok || what != "cssRules" {
			return "", false
		}
		answer, ok := w.embed(w.page(), "link", chain, crossOrigin, acao)
		switch {
		case !ok:
			return "", false
		case !answer.Loaded:
			return "!error event", true
		}
		if a := record(w, w.profile.Sheet(sop.Sheet{OriginClean: answer.OriginClean, Operation: sop.CSSRules})); a.Exception != "" {
			return "!" + a.Exception, true
		}
		return "rules 1", true
	case "font":
		switch rest {
		case "data:", "blob:":
			return "loaded", true // a URL with the page's own data in it is CORS-same-origin
		}
		chain, acao, ok := strings.Cut(rest, "/ACAO ")
		acao, ok2 := strings.CutSuffix(acao, "/FontFace.load")
		if name, isRedirect := strings.CutSuffix(rest, " no ACAO"); isRedirect && strings.Contains(name, ">") {
			chain, acao, ok, ok2 = name, "none", true, true
		}
		if !ok || !ok2 {
			return "", false
		}
		answer, ok := w.embed(w.page(), "font", chain, "none", acao)
		switch {
		case !ok:
			return "", false
		case !answer.Loaded:
			return "!NetworkError", true
		}
		return "loaded", true
	}
	return "", false
}

// svgUse is a use element, which renders only a fragment of a document of its own origin, whatever the
// CORS headers say: https://svgwg.org/svg2-draft/struct.html#UseElement.
func (w *world) svgUse(rest string) (string, bool) {
	if rest == "data:" {
		return "not rendered", true
	}
	rel, _, ok := strings.Cut(rest, "/ACAO ")
	if !ok || !isFrame(rel) || rel == "sandbox" {
		return "", false
	}
	if w.origin(rel) == w.origin("self") {
		return "rendered", true
	}
	return "not rendered", true
}

// opaqueSheet uses a style sheet of another origin that was loaded without CORS.
func (w *world) opaqueSheet(what string) (string, bool) {
	operations := map[string]sop.SheetOperation{"sheet.rules": sop.CSSRules, "cssRules": sop.CSSRules,
		"insertRule": sop.InsertRule, "deleteRule": sop.DeleteRule, "href": sop.SheetHref, "ownerNode": sop.SheetHref,
		"in document.styleSheets": sop.SheetHref, "disabled=": sop.SheetHref}
	operation, ok := operations[what]
	if !ok {
		return "", false
	}
	a := record(w, w.profile.Sheet(sop.Sheet{Operation: operation}))
	if a.Exception != "" {
		return "!" + a.Exception, true
	}
	values := map[string]string{"href": "string", "ownerNode": "true", "in document.styleSheets": "true", "disabled=": "ok"}
	return values[what], true
}

// framingGroup is X-Frame-Options and frame-ancestors.
func framingGroup(w *world, id string) (string, bool) {
	kind, check := relation(id)
	if value, ok := strings.CutPrefix(kind, "CORP "); ok {
		return w.resourcePolicy(value, check)
	}
	if rest, ok := strings.CutPrefix(id, "ORB "); ok { // a type has a slash
		i := strings.LastIndexByte(rest, '/')
		if i < 0 {
			return "", false
		}
		return w.opaqueBlocking(rest[:i], rest[i+1:])
	}
	rest, ok := strings.CutPrefix(id, "framing/")
	if !ok {
		return "", false
	}
	top := w.page()
	if nested, ok := strings.CutSuffix(rest, " in self"); ok {
		what, between, ok := strings.Cut(nested, ", self in ")
		f := sop.Framing{Origin: top.Origin}
		if !ok || !isFrame(between) || !w.framingHeaders(&f, what, top) {
			return "", false
		}
		return w.framed(w.frame(top, between), f, true)
	}
	i := strings.LastIndexByte(rest, '/')
	if i < 0 || !isFrame(rest[i+1:]) {
		return "", false
	}
	what, rel := rest[:i], rest[i+1:]
	short := false
	for _, element := range []string{"object ", "embed "} {
		if name, ok := strings.CutPrefix(what, element); ok {
			what, short = name, true
		}
	}
	f := sop.Framing{Origin: w.frame(w.page(), rel).Origin}
	if !w.framingHeaders(&f, what, top) {
		return "", false
	}
	return w.framed(top, f, short)
}

// framingHeaders sets the headers of a response. They are named, or any lines: "XFO [DENY|x]" has two.
func (w *world) framingHeaders(f *sop.Framing, what string, top *sop.Document) bool {
	if name, lines, ok := strings.Cut(what, " ["); ok && strings.HasSuffix(lines, "]") {
		for _, line := range strings.Split(strings.TrimSuffix(lines, "]"), "|") {
			if name == "XFO" {
				f.XFrameOptions = append(f.XFrameOptions, line)
				continue
			}
			for _, policy := range strings.Split(line, ", ") {
				for _, rel := range []string{"self", "sub", "cross"} {
					policy = strings.ReplaceAll(policy, "{"+rel+"}", w.origin(rel))
				}
				sources, ok := strings.CutPrefix(policy, "frame-ancestors ")
				if !ok {
					return false
				}
				f.FrameAncestors = append(f.FrameAncestors, sources)
			}
		}
		return name == "XFO" || name == "CSP"
	}
	switch what {
	case "XFO DENY":
		f.XFrameOptions = []string{"DENY"}
	case "XFO SAMEORIGIN":
		f.XFrameOptions = []string{"SAMEORIGIN"}
	case "XFO deny lowercase":
		f.XFrameOptions = []string{"deny"}
	case "XFO two different":
		f.XFrameOptions = []string{"SAMEORIGIN", "DENY"}
	case "XFO SAMEORIGIN, SAMEORIGIN":
		f.XFrameOptions = []string{"SAMEORIGIN, SAMEORIGIN"}
	case "XFO bogus":
		f.XFrameOptions = []string{"bogus"}
	case "XFO ALLOW-FROM self":
		f.XFrameOptions = []string{"ALLOW-FROM " + w.origin("self")}
	case "frame-ancestors none":
		f.FrameAncestors = []string{"'none'"}
	case "frame-ancestors self":
		f.FrameAncestors = []string{"'self'"}
	case "frame-ancestors *":
		f.FrameAncestors = []string{"*"}
	case "frame-ancestors embedder":
		f.FrameAncestors = []string{top.Origin.String()}
	case "frame-ancestors host without port":
		f.FrameAncestors = []string{top.Origin.Host()}
	case "frame-ancestors report-only none":
	default:
		return false
	}
	return true
}

// framed shows whether a frame shows a response, and its contentDocument unless short is set.
func (w *world) framed(parent *sop.Document, f sop.Framing, short bool) (string, bool) {
	f.Parent = parent
	answer := record(w, w.profile.Framing(f))
	text := "blocked"
	doc := w.load(sop.Navigation{URL: f.Origin.String() + "/frame", Parent: parent})
	if answer.Shown {
		text = "shown"
	} else {
		doc = w.load(sop.Navigation{URL: "data:,", Parent: parent}) // an error page has an opaque origin too
	}
	if short {
		return text, true
	}
	content, known := show(record(w, w.profile.Content(sop.Content{From: parent, To: doc, Property: sop.ContentDocument})).Completion)
	return text + " contentDocument " + content, known
}

// loaded is what an element, or a no-cors fetch, shows of a response.
func (w *world) loaded(kind, rel string, resource http.Header, body string) (string, bool) {
	return w.loadedWith(kind, rel, 200, resource, body)
}

// loadedWith is loaded with a status.
func (w *world) loadedWith(kind, rel string, status int, resource http.Header, body string) (string, bool) {
	server := &hopServer{resource: resource, body: body, status: status}
	if !w.hops(server, rel, "none") {
		return "", false
	}
	agent := fetch.NewAgent(w.profile.Fetch)
	agent.Transport = server
	page := w.page()
	if kind == "no-cors fetch" {
		resp, err := agent.Fetch(context.Background(), &fetch.Request{Page: page.Page(), URL: server.hops[0], Mode: fetch.ModeNoCORS})
		if err != nil {
			return "!TypeError", true
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		return string(resp.Type) + " " + strconv.Itoa(len(text)), err == nil
	}
	answer, err := w.profile.Embed(context.Background(), agent, sop.Embed{Document: page,
		Element: fetch.Element{Kind: kind, URL: server.hops[0]}})
	switch {
	case err != nil:
		return "", false
	case !answer.Loaded && (kind == "audio" || kind == "video"):
		return "error code 4", true
	case !answer.Loaded:
		return "!error event", true
	}
	return "load", true
}

// resourcePolicy is a Cross-Origin-Resource-Policy on a resource, perhaps behind redirects.
func (w *world) resourcePolicy(value, check string) (string, bool) {
	header := http.Header{"Cross-Origin-Resource-Policy": {value}}
	if chain, ok := strings.CutPrefix(check, "fetch cors ACAO * "); ok {
		server := &hopServer{resource: header, body: "1"}
		if !w.hops(server, chain, "*") {
			return "", false
		}
		return w.fetched(server, fetch.Request{})
	}
	for _, element := range []struct{ name, kind, contentType, body string }{
		{"img", "img", "image/png", png}, {"css", "link", "text/css", "b{}"}, {"script", "script", "text/javascript", "1"},
		{"no-cors fetch", "no-cors fetch", "text/plain", "1"},
	} {
		// The header is checked without CORS only.
		if chain, ok := strings.CutPrefix(check, element.name+" crossorigin "); ok {
			answer, known := w.embed(w.page(), element.kind, chain, "anonymous", "*")
			if !answer.Loaded {
				return "!error event", known
			}
			return "load", known
		}
		if chain, ok := strings.CutPrefix(check, element.name+" "); ok {
			header.Set("Content-Type", element.contentType)
			return w.loaded(element.kind, chain, header, element.body)
		}
	}
	return "", false
}

// opaqueBlocking is a resource of another site with a type that opaque response blocking knows.
func (w *world) opaqueBlocking(content, kind string) (string, bool) {
	contents := map[string]struct{ contentType, body string }{
		"HTML": {"text/html", "<!DOCTYPE html><p>secret"}, "JSON": {"application/json", `{"secret":1}`},
		"text/plain": {"text/plain", "secret"}, "octet-stream": {"application/octet-stream", "secret"},
		"CSV": {"text/csv", "a,b"}, "PDF": {"application/pdf", "%PDF-1.7"}, "JSON security prefix": {"application/json", ")]}'\n{}"},
	}
	name, nosniff := strings.CutSuffix(content, " nosniff")
	c, ok := contents[name]
	if !ok {
		return "", false
	}
	header := http.Header{"Content-Type": {c.contentType}}
	if nosniff {
		header.Set("X-Content-Type-Options", "nosniff")
	}
	switch kind {
	case "no-cors fetch":
	case "audio", "script":
		return w.resourceShown(kind, header, c.body)
	case "img", "css":
		// A response that is not blocked is not an image either, and fails to decode.
		if kind == "img" {
			return "!error event", true
		}
		kind = "link"
	default:
		return "", false
	}
	return w.loaded(kind, "cross", header, c.body)
}

// resourceShown is a script or audio; one that is not blocked is known to run only if it is a script.
func (w *world) resourceShown(kind string, header http.Header, body string) (string, bool) {
	outcome, known := w.loaded(kind, "cross", header, body)
	if kind == "audio" {
		return "error code 4", known // a response that is not blocked is not audio either
	}
	return outcome, known
}
