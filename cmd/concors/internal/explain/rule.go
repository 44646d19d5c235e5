package explain

import (
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/sop"
)

// A Rule is the rule of the same-origin policy that a message is about, and how to do the same in an
// allowed way.
type Rule struct {
	Name        sop.Reason `json:"name"`
	Explanation string     `json:"explanation"`
	Protects    string     `json:"protects"`
	Link        string     `json:"link"`
	// Party is who must change something.
	Party reason.Party `json:"party"`
	// Code has the code of each page or response that changes, with a comment that says which one it is.
	Code []string `json:"code"`
}

// Code that several rules share.
var (
	messageCode = []string{
		"// in the page", `frame.contentWindow.postMessage({ask: "title"}, "https://other.example");`,
		"// in the frame, at https://other.example", `addEventListener("message", (event) => {`,
		`  if (event.origin !== "https://app.example") return;`,
		`  event.source.postMessage({title: document.title}, event.origin);`, `});`,
	}
	frameCode = []string{"# in the framed page's response, without X-Frame-Options", "Content-Security-Policy: frame-ancestors 'self' https://app.example"}
)

// ruleCode has a row for each rule that a line of a console can be about.
var ruleCode = map[sop.Reason][]string{
	sop.CrossOriginProperty: messageCode,
	sop.TargetOriginMismatch: {"// in the page, once the frame has loaded",
		`frame.addEventListener("load", () => {`, `  frame.contentWindow.postMessage(data, new URL(frame.src).origin);`, `});`},
	sop.TargetOriginInvalid: {`frame.contentWindow.postMessage(data, "https://other.example");`},
	sop.NotCloneable:        {`frame.contentWindow.postMessage({id: item.id, name: item.name}, "https://other.example");`},
	sop.TopWithoutActivation: {"// in the frame", `parent.postMessage({go: "/done"}, "https://app.example");`,
		"// in the page, at https://app.example", `addEventListener("message", (event) => {`,
		`  if (event.origin === "https://frame.example" && event.data.go === "/done") location.assign("/done");`, `});`},
	sop.XFrameOptions:  frameCode,
	sop.FrameAncestors: frameCode,
	sop.WindowSevered:  {"# in the response of the page that opens the window", "Cross-Origin-Opener-Policy: same-origin-allow-popups"},
	sop.WorkerNotSameOrigin: {"// a worker of the page's own origin that loads the script",
		`const code = new Blob(['importScripts("https://other.example/worker.js")'], {type: "text/javascript"});`,
		`new Worker(URL.createObjectURL(code));`},
	sop.CanvasTainted: {"<!-- in the page, before src -->", `<img crossorigin="anonymous" src="https://other.example/picture.png">`,
		"# in the picture's response", "Access-Control-Allow-Origin: https://app.example", "Vary: Origin"},
	sop.SheetNotOriginClean: {"<!-- in the page -->",
		`<link rel="stylesheet" crossorigin="anonymous" href="https://other.example/style.css">`,
		"# in the sheet's response", "Access-Control-Allow-Origin: https://app.example", "Vary: Origin"},
	sop.ErrorsMuted: {"<!-- in the page -->", `<script crossorigin="anonymous" src="https://other.example/app.js"></script>`,
		"# in the script's response", "Access-Control-Allow-Origin: https://app.example", "Vary: Origin"},
	sop.OpaqueOriginStorage: {"<!-- if a sandbox is the cause, and you trust the frame -->",
		`<iframe sandbox="allow-scripts allow-same-origin" src="https://other.example/"></iframe>`,
		"// if third-party storage is blocked: in the frame, in answer to a click", "await document.requestStorageAccess();"},
	sop.DomainOriginKeyed: messageCode,
	sop.DomainNotSuffix:   messageCode,
	sop.URLNotRewritable:  {`history.pushState(state, "", "/list?page=2");`},
}

// ruleOf returns the rule of a message, or nil if it is not about the same-origin policy.
func ruleOf(r sop.Reason) *Rule {
	if r == 0 {
		return nil
	}
	return &Rule{Name: r, Explanation: r.Explanation(), Protects: r.Protects(), Link: r.Anchor(), Party: r.Party(), Code: ruleCode[r]}
}
