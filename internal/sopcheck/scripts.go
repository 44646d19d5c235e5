package sopcheck

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/concors/concors/sop"
)

// muted is an error event that says nothing.
const muted = `{"m":"Script error.","src":"","l":0,"c":0,"e":"null"}`

// scriptsGroup is scripts, their errors, and workers.
func scriptsGroup(w *world, id string) (string, bool) {
	kind, rest := relation(id)
	switch id {
	case "module/text/plain": // a module's type must be JavaScript's
		return "!TypeError", true
	case "module/import data:": // a data: URL is CORS-same-origin
		return "5", true
	case "module/cross-site module credentials default": // the credentials mode is same-origin
		return "no cookies", true
	case "serviceWorker/register blob": // https://w3c.github.io/ServiceWorker/#navigator-service-worker-register, step 4
		return "!TypeError", true
	case "serviceWorker/register cross-site script": // its Register algorithm: the script's origin is another
		return "!SecurityError", true
	case "worklet/paint or audio addModule cross-site no ACAO", "worklet/audio addModule cross-site ACAO *":
		acao := "none"
		if strings.HasSuffix(id, "*") {
			acao = "*"
		}
		answer, known := w.embed(w.page(), "module", "cross", "none", acao)
		if !answer.Loaded {
			return "!AbortError", known
		}
		return "ok", known
	case "script/source of cross-site function readable by toString", "script/text property of cross-site script element":
		return "true", true // toString gives a function's source to everybody; text has the element's own text only
	}
	switch kind {
	case "script":
		return w.scriptCheck(rest)
	case "module":
		return w.moduleCheck(rest)
	case "script type":
		return w.scriptType(rest)
	case "SRI right hash", "SRI wrong hash":
		chain, crossOrigin, acao, _, ok := settings(rest)
		if !ok {
			return "", false
		}
		answer, ok := w.embed(w.page(), "script", chain, crossOrigin, acao)
		// Integrity metadata matches no response that is not CORS-same-origin.
		if ok && (!answer.Loaded || !answer.OriginClean || kind == "SRI wrong hash") {
			return "!error event", true
		}
		return "load", ok
	case "worker", "SharedWorker":
		return w.workerCheck(kind, rest)
	}
	return "", false
}

// moduleCheck is a module script, or one that a script imports.
func (w *world) moduleCheck(rest string) (string, bool) {
	target, acao, ok := strings.Cut(rest, "/ACAO ")
	failed, loads := "!TypeError", "ok"
	var chain string
	switch {
	case !ok:
		return "", false
	case strings.HasPrefix(target, "script "):
		chain, failed, loads = target[len("script "):], "!error event", "load"
	case strings.HasPrefix(target, "import() "):
		chain = target[len("import() "):]
	case strings.HasPrefix(target, "json "):
		chain, loads = target[len("json "):], "ok 1"
	}
	answer, ok := w.embed(w.page(), "module", chain, "none", acao)
	if ok && !answer.Loaded {
		return failed, true
	}
	return loads, ok
}

// scriptType is a classic script with some Content-Type. Its body sets a variable, and the check says
// whether it ran.
func (w *world) scriptType(rest string) (string, bool) {
	i := strings.LastIndexByte(rest, '/')
	if i < 0 || !isFrame(rest[i+1:]) {
		return "", false
	}
	name, rel := rest[:i], rest[i+1:]
	header, contentType := http.Header{}, ""
	switch name {
	case "no type", "no type JS":
	case "JSON with JS body":
		contentType = "application/json"
	case "protobuf":
		contentType = "application/x-protobuf"
	default:
		essence, ok := strings.CutSuffix(name, " JS")
		if !ok {
			return "", false
		}
		contentType = strings.TrimSuffix(essence, " type")
	}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	outcome, known := w.loaded("script", rel, header, "self.ran1 = 1")
	if outcome == "load" {
		outcome = "load ran=1"
	}
	return outcome, known
}

func (w *world) scriptCheck(rest string) (string, bool) {
	if what, ok := strings.CutPrefix(rest, "unhandledrejection "); ok {
		rel, crossOrigin, _ := strings.Cut(what, ", crossorigin ")
		answer, ok := w.embed(w.page(), "script", rel, crossOrigin, "*")
		if !ok || !answer.Loaded {
			return "", false
		}
		if record(w, w.profile.ScriptError(sop.ScriptError{OriginClean: answer.OriginClean, Kind: sop.Rejection})).Fires {
			return "event, reason !Error", true
		}
		return "none", true
	}
	what, settingsOf := relation(rest)
	errorKind, ok := strings.CutPrefix(what, "error ")
	chain, crossOrigin, acao, _, ok2 := settings(settingsOf)
	if redirect, isRedirect := strings.CutPrefix(what, "error redirect "); isRedirect {
		errorKind, chain, crossOrigin, acao, ok, ok2 = "throw", redirect, "none", "none", true, true
	}
	kinds := map[string]sop.ErrorKind{"throw": sop.ThrownError, "throw string": sop.ThrownError, "timer": sop.TimerError,
		"eval": sop.ThrownError, "syntax": sop.EngineError, "ref": sop.EngineError}
	if !ok || !ok2 || kinds[errorKind] == "" {
		return "", false
	}
	answer, ok := w.embed(w.page(), "script", chain, crossOrigin, acao)
	switch {
	case !ok:
		return "", false
	case !answer.Loaded:
		return "!error event", true
	}
	if w.profile.Name == "WebKit" && errorKind == "timer" && strings.Contains(chain, ">") {
		return "", false // WebKit judges a later error of a redirected script by the response's URL alone
	}
	if w.profile.Name == "Firefox" && errorKind == "throw string" && !answer.OriginClean && !strings.HasPrefix(chain, "cross") {
		return "", false // of a script of the same site, Firefox mutes a string that it shows of another site's
	}
	event := record(w, w.profile.ScriptError(sop.ScriptError{OriginClean: answer.OriginClean,
		OtherOrigin: !strings.HasPrefix(chain, "self") && !strings.HasPrefix(chain, "same"), Kind: kinds[errorKind]}))
	if event.Muted {
		// Firefox names the script's URL in some muted errors of its own.
		return muted, w.profile.Name != "Firefox" || kinds[errorKind] != sop.EngineError
	}
	// The file is the URL of the request, and in WebKit that of the response.
	file, _, _ := strings.Cut(chain, ">")
	if w.profile.Name == "WebKit" {
		file = chain[strings.LastIndexByte(chain, '>')+1:]
	}
	file = strings.TrimSuffix(file, "(no ACAO)")
	own := file == "self" || file == "same"
	if errorKind == "eval" && w.profile.Name != "Firefox" {
		own = w.profile.Name == "Chromium" // the page's URL, and in WebKit a name of its own
	}
	return w.errorEvent(errorKind, own)
}

// errorEvent is the event of an error that is not muted. own says whether its file is of the page's
// origin.
func (w *world) errorEvent(kind string, own bool) (string, bool) {
	prefix, src := "", "other"
	if w.profile.Name == "Chromium" {
		prefix = "Uncaught "
	}
	if own {
		src = "self"
	}
	event := func(message string, line int, column, err string) (string, bool) {
		return fmt.Sprintf(`{"m":"%s%s","src":"%s","l":%d,"c":%s,"e":"!%s"}`, prefix, message, src, line, column, err), true
	}
	browser := w.profile.Name
	switch {
	case kind == "throw":
		return event("TypeError: secret", 3, `"n"`, "TypeError")
	case kind == "timer":
		return event("Error: late", 2, `"n"`, "Error")
	case kind == "eval":
		return event("Error: 1", 1, `"n"`, "Error")
	case kind == "throw string" && browser == "Firefox":
		src = ""
		return event("uncaught exception: s", 0, `"n"`, "s")
	case kind == "throw string":
		return event("s", 2, `"n"`, "s")
	case kind == "ref" && browser == "WebKit":
		return event("ReferenceError: Can't find variable: secretName", 2, `"n"`, "ReferenceError")
	case kind == "ref":
		return event("ReferenceError: secretName is not defined", 2, `"n"`, "ReferenceError")
	case kind == "syntax" && browser == "Chromium":
		return event("SyntaxError: Unexpected token '}'", 3, `"n"`, "SyntaxError")
	case kind == "syntax" && browser == "Firefox":
		return event("SyntaxError: expected expression, got '}'", 1, `"n"`, "SyntaxError")
	case kind == "syntax" && browser == "WebKit":
		return event("SyntaxError: Parser error", 3, "0", "SyntaxError")
	}
	return "", false // the text of the engine's error is not known
}

func (w *world) workerCheck(kind, rest string) (string, bool) {
	what := rest
	if kind == "worker" {
		var module string
		if module, what = relation(rest); module != "classic" && module != "module" {
			return "", false
		}
	}
	rel, _, _ := strings.Cut(what, "/ACAO ")
	top := w.page()
	u, scheme := "", "http:"
	switch {
	case rel == "data:":
		u, scheme = "data:text/javascript,1", "data:"
	case rel == "blob:":
		u, scheme = "blob:"+top.Origin.String()+"/uuid", "blob:"
	case isFrame(rel) && rel != "sandbox":
		u = w.origin(rel) + "/worker.js"
	default:
		return "", false
	}
	answer := record(w, w.profile.Worker(sop.Worker{Document: top, URL: u, Shared: kind == "SharedWorker"}))
	switch {
	case answer.Exception != "":
		return "!" + answer.Exception, true
	case !answer.Starts:
		return "!error event", true
	}
	return "runs: " + answer.Origin.String() + " " + scheme, true
}
