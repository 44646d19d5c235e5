package conformance

// A Case is one experiment: a page, and one to three steps it takes one after
// the other. Texts may hold the templates of [Hosts].
//
// The requests of case 17 go to URLs below /c/17/, and its cookies are named
// so that they end in "_17": cases share a browser, its cookie store and its
// preflight cache without disturbing each other.
type Case struct {
	ID     int    `json:"id"`
	Family string `json:"family"` // what the case is about: one of Families
	Page   Page   `json:"page"`

	// Cookies were set before the page opened, by top-level navigations to
	// the host named in each.
	Cookies []SetCookie `json:"cookies,omitempty"`

	Steps []Step `json:"steps"`
}

// Families lists the values of [Case].Family.
var Families = []string{"cors", "cache", "cookie", "corp", "element"}

// A Page is the document a case runs in, always top-level. Pages of the same
// value are the same document to the recorder: it runs many cases in one.
type Page struct {
	Host           string `json:"host"`                     // a template name without braces, such as "a"
	Sandboxed      bool   `json:"sandboxed,omitempty"`      // Content-Security-Policy: sandbox allow-scripts, so the origin is opaque
	ReferrerPolicy string `json:"referrerPolicy,omitempty"` // of the document
	COEP           string `json:"coep,omitempty"`           // Cross-Origin-Embedder-Policy: "", "require-corp" or "credentialless"
	COOP           string `json:"coop,omitempty"`           // Cross-Origin-Opener-Policy
}

// A SetCookie is one Set-Cookie header value and the host that sends it.
type SetCookie struct {
	Host  string `json:"host"` // a template name without braces
	Value string `json:"value"`
}

// A Step is one request as a script makes it, and what the server answers.
type Step struct {
	Wait    int     `json:"wait,omitempty"` // milliseconds to wait before the step
	Request Request `json:"request"`

	// Answers are the hops the server has for this step. A request whose
	// path ends in /0 gets the first, /1 the second and so on; anything
	// else gets an empty 404 answer.
	Answers []Hop `json:"answers"`
}

// A Request is what the script asks for. Empty fields are left out of the
// call, so that the browser's own defaults apply.
type Request struct {
	Via            string      `json:"via"` // "fetch", "xhr", or an element load: one of Elements
	URL            string      `json:"url"`
	Method         string      `json:"method,omitempty"`
	Headers        [][2]string `json:"headers,omitempty"` // given to fetch as pairs, to XMLHttpRequest one by one
	BodyKind       string      `json:"bodyKind,omitempty"`
	Body           string      `json:"body,omitempty"`
	BodyType       string      `json:"bodyType,omitempty"` // a blob's type
	Mode           string      `json:"mode,omitempty"`
	Credentials    string      `json:"credentials,omitempty"` // "include" stands for withCredentials in XMLHttpRequest
	Redirect       string      `json:"redirect,omitempty"`
	Cache          string      `json:"cache,omitempty"`
	Referrer       *string     `json:"referrer,omitempty"` // the empty string means: no referrer
	ReferrerPolicy string      `json:"referrerPolicy,omitempty"`
	UploadListener bool        `json:"uploadListener,omitempty"` // XMLHttpRequest only: forces a preflight
	CrossOrigin    *string     `json:"crossOrigin,omitempty"`    // elements only: the crossorigin attribute
}

// Elements lists the values of [Request].Via that load a subresource through
// an element, or through FontFace for "font".
var Elements = []string{"img", "script", "module", "style", "font", "audio", "video"}

// BodyKinds lists the values of [Request].BodyKind. The empty one is no body.
var BodyKinds = []string{"", "string", "bytes", "urlencoded", "blob", "stream"}

// A Hop is what one URL answers: Preflight to an OPTIONS request that carries
// Access-Control-Request-Method, Actual to everything else.
type Hop struct {
	Preflight Answer `json:"preflight,omitzero"`
	Actual    Answer `json:"actual"`
}

// An Answer is one response. Header lines go out as they stand, in the order
// given for lines of the same name; only Content-Length is added. Besides the
// templates of [Hosts], a header value may hold {origin}, which stands for the
// value of the request's Origin header.
type Answer struct {
	Status   int         `json:"status,omitempty"` // 0 stands for 200
	Headers  [][2]string `json:"headers,omitempty"`
	Body     string      `json:"body,omitempty"`     // text, if BodyKind is empty
	BodyKind string      `json:"bodyKind,omitempty"` // names one of the server's own bodies: one of AnswerBodies
}

// An Observation is what one case looked like in one browser (or in anything
// else that ran it): the same number of steps as the case has.
type Observation struct {
	ID    int    `json:"id"`
	Steps []Seen `json:"s"`
}

// Seen is what one step looked like.
type Seen struct {
	Outcome Outcome `json:"o"`
	Wire    []Wire  `json:"w,omitempty"` // in the order of arrival
}

// An Outcome is what the page's script could see. Field names are short
// because corpora hold many.
type Outcome struct {
	// Result is "ok" for a response, "load" for an element that loaded,
	// "error" for an element or XMLHttpRequest that did not, the name of the
	// exception ("TypeError", "SecurityError", …), "timeout" if nothing
	// happened in time, or "crash" if the browser did not survive the case.
	Result     string   `json:"r"`
	Type       string   `json:"t,omitempty"` // the response's type; not in XMLHttpRequest
	Status     int      `json:"s,omitempty"`
	Redirected bool     `json:"d,omitempty"`
	URL        string   `json:"u,omitempty"` // with templates
	Headers    []string `json:"h,omitempty"` // names visible to the script, sorted, without Connection, Date and Keep-Alive

	// Body holds the body's first 200 characters. For a response whose body
	// could not be read it is "!" and the name of the exception; for a
	// script element it is "ran" if the script was executed.
	Body string `json:"b,omitempty"`
}

// Wire is one request as it arrived at the server. An absent header is an
// empty string. Cookie holds the case's own cookies only.
type Wire struct {
	Method      string `json:"m"`
	Host        string `json:"a"` // the template's name, such as "sub.a"; other hosts as they are
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

	// Headers are the names, in lower case and sorted, of those headers the
	// step's request named which arrived, each followed by "~" if the value
	// is not the one given.
	Headers []string `json:"h,omitempty"`
}
