package conformance

// A Case is one test case: a page that makes one to three requests, one after
// the other. Texts may contain the templates of [Hosts].
//
// The requests of case 17 go to URLs below /c/17/, and the names of its cookies
// end in "_17". Therefore cases can share a browser with its cookie store and
// its preflight cache.
type Case struct {
	ID     int    `json:"id"`
	Family string `json:"family"` // what the case tests: one of Families
	Page   Page   `json:"page"`

	// Cookies are set before the page opens, by top-level navigations to
	// their hosts.
	Cookies []SetCookie `json:"cookies,omitempty"`

	Steps []Step `json:"steps"`
}

// Families lists the values of [Case].Family.
var Families = []string{"cors", "cache", "cookie", "corp", "element"}

// A Page is the document a case runs in. It is top-level unless it has Frames. The
// recorder runs many cases with the same Page in one document.
type Page struct {
	Host           string `json:"host"`                     // a template name without braces, such as "a"
	Sandboxed      bool   `json:"sandboxed,omitempty"`      // Content-Security-Policy: sandbox allow-scripts, so the origin is opaque
	ReferrerPolicy string `json:"referrerPolicy,omitempty"` // of the document
	COEP           string `json:"coep,omitempty"`           // Cross-Origin-Embedder-Policy: "", "require-corp" or "credentialless"
	COOP           string `json:"coop,omitempty"`           // Cross-Origin-Opener-Policy
	Frames         string `json:"frames,omitempty"`         // hosts of the documents around the page, outermost first, with spaces between
}

// A SetCookie is the value of a Set-Cookie header and the host that sends it.
type SetCookie struct {
	Host  string `json:"host"` // a template name without braces
	Value string `json:"value"`
}

// A Step is one request as a script makes it, with the server's responses.
type Step struct {
	Wait    int     `json:"wait,omitempty"` // milliseconds to wait before the step
	Request Request `json:"request"`

	// Hops holds the responses of the URLs of this step: a request whose path
	// ends in /0 gets those of the first hop, /1 those of the second, and so
	// on. Other paths get a 404 without a body.
	Hops []Hop `json:"answers"`
}

// A Request is what the script or markup requests. Empty fields are omitted
// from the call, so that the browser's defaults apply.
type Request struct {
	Via            string      `json:"via"` // "fetch", "xhr", or an element load: one of Elements
	URL            string      `json:"url"`
	Method         string      `json:"method,omitempty"`
	Headers        [][2]string `json:"headers,omitempty"` // passed to fetch as pairs, to XMLHttpRequest one at a time
	BodyKind       string      `json:"bodyKind,omitempty"`
	Body           string      `json:"body,omitempty"`
	BodyType       string      `json:"bodyType,omitempty"` // a blob's type
	Mode           string      `json:"mode,omitempty"`
	Credentials    string      `json:"credentials,omitempty"` // for XMLHttpRequest, "include" sets withCredentials
	Redirect       string      `json:"redirect,omitempty"`
	Cache          string      `json:"cache,omitempty"`
	Referrer       *string     `json:"referrer,omitempty"` // empty for no referrer
	ReferrerPolicy string      `json:"referrerPolicy,omitempty"`
	UploadListener bool        `json:"uploadListener,omitempty"` // XMLHttpRequest only: forces a preflight
	CrossOrigin    *string     `json:"crossOrigin,omitempty"`    // elements only: the attribute crossorigin
}

// Elements lists the values of [Request].Via that load a subresource through
// an element, or through FontFace for "font".
var Elements = []string{"img", "script", "module", "style", "font", "audio", "video"}

// BodyKinds lists the values of [Request].BodyKind. Empty means no body.
var BodyKinds = []string{"", "string", "bytes", "urlencoded", "blob", "stream"}

// A Hop holds the responses of one URL: Preflight to an OPTIONS request with
// Access-Control-Request-Method, Actual to every other request.
type Hop struct {
	Preflight Response `json:"preflight,omitzero"`
	Actual    Response `json:"actual"`
}

// A Response is what the server sends. Header lines are sent unchanged, and
// lines of one name in the order given. Only Content-Length is added. In
// addition to the templates of [Hosts], a header value may contain {origin},
// which is replaced with the value of the request's Origin header.
type Response struct {
	Status   int         `json:"status,omitempty"` // 0 means 200
	Headers  [][2]string `json:"headers,omitempty"`
	Body     string      `json:"body,omitempty"`     // text, if BodyKind is empty
	BodyKind string      `json:"bodyKind,omitempty"` // one of ResponseBodies, for a body that the server provides
}

// An Observation is what was observed of one case in a browser or in the
// engine. It has as many steps as the case.
type Observation struct {
	ID    int    `json:"id"`
	Steps []Seen `json:"s"`
}

// Seen is what was observed of one step.
type Seen struct {
	Outcome Outcome `json:"o"`
	Wire    []Wire  `json:"w,omitempty"` // in the order of arrival
}

// An Outcome is what the page's script saw. JSON keys are short because corpora
// contain many of them.
type Outcome struct {
	// Result is "ok" for a response, "load" for an element that loaded,
	// "error" for an element or XMLHttpRequest that failed, the name of the
	// exception ("TypeError", "SecurityError", …), "timeout" if nothing
	// happened in time, or "crash" if the browser crashed or hung.
	Result     string   `json:"r"`
	Type       string   `json:"t,omitempty"` // the response's type; not in XMLHttpRequest
	Status     int      `json:"s,omitempty"`
	Redirected bool     `json:"d,omitempty"`
	URL        string   `json:"u,omitempty"` // with templates
	Headers    []string `json:"h,omitempty"` // names visible to the script, sorted, without Connection, Date and Keep-Alive

	// Body holds the first 200 characters of the body. If the body could not
	// be read, it is "!" and the name of the exception. For a script element
	// it is "ran" if the script was executed.
	Body string `json:"b,omitempty"`
}

// Wire is one request as it arrived at the server. The field of an absent
// header is empty. Cookie contains only the case's own cookies.
type Wire struct {
	Method      string `json:"m"`
	Host        string `json:"a"` // the template's name, such as "sub.a"; other hosts unchanged
	Path        string `json:"p"` // what follows /c/<case>/, with the query
	Origin      string `json:"o,omitempty"`
	ACRM        string `json:"rm,omitempty"` // Access-Control-Request-Method
	ACRH        string `json:"rh,omitempty"` // Access-Control-Request-Headers
	Cookie      string `json:"c,omitempty"`
	Referer     string `json:"f,omitempty"`
	Site        string `json:"ss,omitempty"` // Sec-Fetch-Site
	Mode        string `json:"sm,omitempty"` // Sec-Fetch-Mode
	Dest        string `json:"sd,omitempty"` // Sec-Fetch-Dest
	Storage     string `json:"sa,omitempty"` // Sec-Fetch-Storage-Access
	Auth        string `json:"z,omitempty"`  // Authorization
	ContentType string `json:"t,omitempty"`
	Accept      string `json:"x,omitempty"` // unless it is */*
	Length      int64  `json:"n,omitempty"` // of the body

	// Headers lists which headers of the step's request arrived, as sorted
	// lower-case names. A "~" after a name means that its value is not the one
	// that the script set.
	Headers []string `json:"h,omitempty"`
}
