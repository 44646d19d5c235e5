package sopcheck

import (
	"math/rand/v2"
	"strings"
)

// GenerateEmbeds returns n checks of embeds, scripts, framing, storage, cookies and writes, each group
// with a share, drawn from all combinations of origins, redirects, attributes and answers.
func GenerateEmbeds(r *rand.Rand, n int) []Check {
	shares := []struct {
		group string
		parts int
		draw  func(*rand.Rand) string
	}{
		{"canvas", 6, drawCanvas}, {"styles", 4, drawStyle}, {"scripts", 4, drawScript}, {"framing", 5, drawFraming},
		{"writes", 3, drawWrite}, {"sends", 2, drawSend}, {"storage", 4, drawStorage}, {"cookies", 5, drawCookie},
	}
	parts := 0
	for _, s := range shares {
		parts += s.parts
	}
	var checks []Check
	for _, s := range shares {
		drawn := map[string]bool{}
		for range n * s.parts / parts * 4 { // a group may have fewer checks than its share
			if len(drawn) >= n*s.parts/parts {
				break
			}
			if id := s.draw(r); !drawn[id] {
				drawn[id] = true
				checks = append(checks, Check{s.group, id})
			}
		}
	}
	return checks
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

// drawRelation is an origin that resources can be at.
func drawRelation(r *rand.Rand) string {
	return pick(r, "self", "port", "sub", "parent", "cross", "https")
}

// drawHTTP is an origin with the page's scheme, whose documents can have frames of it.
func drawHTTP(r *rand.Rand) string { return pick(r, "self", "port", "sub", "parent", "cross") }

// drawChain is an origin, or redirects from one to another.
func drawChain(r *rand.Rand) string {
	n := pick(r, "1", "2", "2", "3")
	hops := make([]string, int(n[0]-'0'))
	for i := range hops {
		hops[i] = pick(r, "same", "port", "sub", "parent", "cross", "cross2")
		if len(hops) > 1 && i < len(hops)-1 && r.IntN(5) == 0 {
			hops[i] += "(no ACAO)"
		}
	}
	return strings.Join(hops, ">")
}

func drawACAO(r *rand.Rand) string {
	return pick(r, "none", "*", "origin", "origin+creds", "*+creds", "null", "wrong", "null+creds")
}

func drawSettings(r *rand.Rand) string {
	return drawChain(r) + "/crossorigin " + pick(r, "none", "anonymous", "use-credentials") + "/ACAO " + drawACAO(r)
}

func drawCanvas(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0:
		return "audio/" + drawSettings(r)
	case 1, 2:
		return "canvas/" + pick(r, "cors", "tainted") + "/" + pick(r, "getImageData", "createPattern+fill then read",
			"canvas drawn onto canvas", "createImageBitmap(img) then draw", "createImageBitmap(canvas) then draw",
			"OffscreenCanvas transferToImageBitmap", "OffscreenCanvas getImageData", "createPattern set, not drawn, then read",
			"drawn with globalAlpha=0", "drawn outside canvas", "clearRect clears taint", "reset() clears taint",
			"width reset clears taint", "toDataURL", "bitmaprenderer toDataURL", "toBlob", "OffscreenCanvas convertToBlob",
			"VideoFrame", "postMessage ImageBitmap", "transfer ImageBitmap", "putImageData on it", "isPointInPath", "naturalWidth",
			"webgl texImage2D", "webgl2 texImage2D", "webgl texImage2D(canvas)")
	case 3:
		return "canvas/" + pick(r, "data svg", "data svg foreignObject", "data png crossorigin")
	}
	return "img/" + drawSettings(r)
}

func drawStyle(r *rand.Rand) string {
	switch r.IntN(6) {
	case 0:
		return "css/opaque sheet/" + pick(r, "sheet.rules", "cssRules", "insertRule", "deleteRule", "href", "ownerNode",
			"in document.styleSheets", "disabled=")
	case 1:
		return "css/cross-site text/" + pick(r, "html", "css", "plain", "javascript", "css; charset=utf-8")
	case 2, 3:
		return "font/" + drawChain(r) + "/ACAO " + drawACAO(r) + "/FontFace.load"
	}
	return "css/" + drawSettings(r) + "/cssRules"
}

func drawScript(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0, 1, 2:
		return "script/error " + pick(r, "throw", "throw string", "timer", "syntax", "ref", "eval") + "/" + drawSettings(r)
	case 3:
		return "script/unhandledrejection " + drawRelation(r) + ", crossorigin " + pick(r, "none", "anonymous")
	case 4:
		return "module/" + pick(r, "script", "import()", "json") + " " + drawChain(r) + "/ACAO " + drawACAO(r)
	case 5:
		return "SRI " + pick(r, "right", "wrong") + " hash/" + drawSettings(r)
	case 6:
		return "script type/" + pick(r, "text/html JS", "image/png type JS", "audio/x type JS", "application/octet-stream JS",
			"no type JS", "no type", "JSON with JS body", "protobuf", "text/csv JS", "application/javascript JS") + "/" + drawRelation(r)
	}
	return pick(r, "worker/classic/", "worker/module/", "SharedWorker/") + pick(r, "self", "port", "sub", "parent", "cross", "data:", "blob:")
}

func drawFraming(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0, 1, 2:
		return "framing/" + drawFrameHeader(r) + "/" + drawRelation(r)
	case 3:
		return "framing/" + pick(r, "XFO SAMEORIGIN", "XFO DENY", "XFO bogus", "frame-ancestors self", "frame-ancestors *",
			"frame-ancestors none", "frame-ancestors embedder") + ", self in " + pick(r, "port", "sub", "parent", "cross") + " in self"
	case 4, 5:
		return "CORP " + pick(r, "same-origin", "same-site", "cross-origin", "bogus", "SAME-ORIGIN", "same-origin, same-site") + "/" +
			pick(r, "img", "css", "script", "no-cors fetch") + " " + pick(r, drawRelation(r), drawChain(r))
	case 6:
		return "ORB " + pick(r, "HTML", "JSON", "text/plain", "octet-stream", "CSV", "PDF", "JSON security prefix") +
			pick(r, "", " nosniff") + "/" + pick(r, "img", "css", "script", "audio", "no-cors fetch")
	}
	return "timing/" + drawRelation(r) + "/TAO " + pick(r, "none", "*", "origin", "null", "wrong", "list")
}

// drawFrameHeader is a known header, or any value: "XFO [a|b]" has two lines, and {sub} is an origin.
func drawFrameHeader(r *rand.Rand) string {
	if r.IntN(2) == 0 {
		return pick(r, "XFO DENY", "XFO SAMEORIGIN", "XFO deny lowercase", "XFO two different", "XFO SAMEORIGIN, SAMEORIGIN",
			"XFO bogus", "XFO ALLOW-FROM self", "frame-ancestors none", "frame-ancestors self", "frame-ancestors *",
			"frame-ancestors embedder", "frame-ancestors host without port", "frame-ancestors report-only none")
	}
	if r.IntN(2) == 0 {
		value := func() string { return pick(r, "DENY", "SAMEORIGIN", "ALLOWALL", "x", "", "sameorigin") }
		return "XFO [" + value() + pick(r, "", "|"+value(), ", "+value()) + "]"
	}
	source := func() string {
		return pick(r, "'self'", "'none'", "*", "http:", "https:", "{self}", "{sub}", "{cross}", "*.site.localhost:*", "*.localhost:*",
			"a.site.localhost:*", "http://a.site.localhost:*", "other.localhost:*")
	}
	return "CSP [frame-ancestors " + source() + pick(r, "", " "+source(), "|frame-ancestors "+source(), ", frame-ancestors "+source()) + "]"
}

func drawWrite(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return "form/" + pick(r, "GET", "POST", "POST multipart", "POST text/plain", "POST enctype application/json",
			"POST rel=noreferrer", "POST urlencoded") + "/" + drawRelation(r)
	case 1:
		return "sendBeacon/" + pick(r, "string", "Blob no type", "Blob text/plain", "Blob application/json", "FormData",
			"URLSearchParams", "ArrayBuffer", "nothing") + "/" + drawRelation(r)
	case 2:
		return "EventSource/" + drawChain(r) + "/ACAO " + drawACAO(r) + "/withCredentials " + pick(r, "true", "false")
	}
	return "WebSocket/" + drawRelation(r)
}

func drawSend(r *rand.Rand) string {
	return "request/" + pick(r, "img", "iframe", "embed", "script", "object", "audio", "video", "module script", "mask-image",
		"border-image", "list-style-image", "background-image", "stylesheet", "modulepreload", "preload as=fetch",
		"preload as=image", "preload as=font", "prefetch", "dns/preconnect", "EventSource", "WebSocket", "sendBeacon string",
		"sendBeacon json Blob", "sendBeacon json Blob, preflight granted", "fetch cors", "fetch no-cors", "fetch same-origin",
		"xhr", "a ping") + "/" + drawRelation(r)
}

func drawStorage(r *rand.Rand) string {
	api := pick(r, "localStorage", "sessionStorage", "indexedDB", "caches", "OPFS", "locks", "cookie")
	switch r.IntN(6) {
	case 0:
		return drawRelation(r) + "/" + pick(r, "frame hasStorageAccess", "frame requestStorageAccess without gesture",
			"storage event from top to frame", "storage event of the top: value seen by frame, then getItem",
			"BroadcastChannel top to frame", "SharedWorker shared between top and frame")
	case 1:
		return "A in " + drawHTTP(r) + " in A/" + api + "/seen"
	case 2:
		return drawHTTP(r) + " in " + drawHTTP(r) + " in A/" + api + "/seen"
	case 3:
		return "sandbox/" + api + "/" + pick(r, "seen in frame here", "frame write")
	}
	return drawRelation(r) + "/" + api + "/" + pick(r, "first-party write", "frame write", "seen in frame here", "frame write seen first-party")
}

// cookieRequests are the requests whose cookies checks look at.
var cookieRequests = []string{"fetch include", "fetch same-origin", "fetch POST include", "sendBeacon", "img",
	"img crossorigin=anonymous", "img crossorigin=use-credentials", "script", "module script", "stylesheet", "iframe",
	"EventSource withCredentials", "form POST in iframe", "top-level GET (window.open)", "top-level POST (form _blank)"}

func drawCookie(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0:
		return "document.cookie set/" + pick(r, "plain", "domain parent", "domain tld", "domain other", "path /foo", "strict",
			"secure", "__Host-", "__Secure-", "SameSite=None Secure", "SameSite=None", "partitioned", "__Host- no secure",
			"httponly", "expired")
	case 1:
		return "document.cookie set/[" + pick(r, "c", "__Host-c", "__Secure-c") + "=3; " + drawAttributes(r, true) + "]"
	case 2:
		return "frame/" + drawRelation(r) + "/" + pick(r, "document.cookie", "set", "its own fetch", "Set-Cookie stored")
	case 3:
		return "sent/" + drawRelation(r) + "/" + pick(r, cookieRequests...)
	}
	return "sent one/" + drawRelation(r) + "/" + pick(r, cookieRequests...) + "/" + drawAttributes(r, false)
}

// drawAttributes is attributes of a cookie, after a prefix of its name if script is false.
func drawAttributes(r *rand.Rand, script bool) string {
	var list []string
	add := func(chance int, attribute string) {
		if r.IntN(chance) == 0 {
			list = append(list, attribute)
		}
	}
	if !script {
		add(5, pick(r, "__Host-", "__Secure-"))
	}
	list = append(list, pick(r, "Path=/", "Path=/", "Path=/echo", "Path=/png", "Path=/foo"))
	add(2, "SameSite="+pick(r, "Lax", "Strict", "None", "none", "Bogus"))
	add(2, "Secure")
	add(5, "HttpOnly")
	add(5, "Partitioned")
	add(5, "Domain="+pick(r, "site.localhost", "a.site.localhost", "localhost", "other.localhost", ".site.localhost"))
	return strings.Join(list, "; ")
}
