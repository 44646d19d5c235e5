package sopcheck

import (
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
	if crossOrigin, ok := strings.CutPrefix(rest, "unhandledrejection cross, crossorigin "); ok {
		answer, ok := w.embed(w.page(), "script", "cross", crossOrigin, "*")
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
	kinds := map[string]sop.ErrorKind{"throw": sop.ThrownError, "throw string": sop.ThrownError, "timer": sop.ThrownError,
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
	event := record(w, w.profile.ScriptError(sop.ScriptError{OriginClean: answer.OriginClean, Kind: kinds[errorKind]}))
	if event.Muted {
		// Firefox names the script's URL in some muted errors of its own.
		return muted, w.profile.Name != "Firefox" || kinds[errorKind] != sop.EngineError
	}
	if strings.Contains(chain, ">") {
		return "", false // which of the URLs is shown is not known
	}
	outcome, known := w.errorEvent(errorKind)
	if chain == "self" || chain == "same" {
		outcome = strings.Replace(outcome, `"src":"other"`, `"src":"self"`, 1)
	}
	return outcome, known
}

// errorEvent is the event of an error that is not muted, for errors whose text is the script's. That
// of the engine's own errors is not known.
func (w *world) errorEvent(kind string) (string, bool) {
	prefix := ""
	if w.profile.Name == "Chromium" {
		prefix = "Uncaught "
	}
	switch kind {
	case "throw":
		return `{"m":"` + prefix + `TypeError: secret","src":"other","l":3,"c":"n","e":"!TypeError"}`, true
	case "timer":
		return `{"m":"` + prefix + `Error: late","src":"other","l":2,"c":"n","e":"!Error"}`, true
	case "throw string":
		if w.profile.Name == "Firefox" {
			return `{"m":"uncaught exception: s","src":"","l":0,"c":"n","e":"!s"}`, true
		}
		return `{"m":"` + prefix + `s","src":"other","l":2,"c":"n","e":"!s"}`, true
	}
	return "", false
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
