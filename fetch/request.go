package fetch

import (
	"bytes"
	"io"
	"net/url"

	"github.com/concors/concors/internal/field"
)

// A Request is what a page asks for: the part of Fetch's request that its
// caller chooses (https://fetch.spec.whatwg.org/#concept-request). The zero
// values are those of a plain fetch(url) call.
//
// A Request is not changed by a fetch and may be used again, unless its body is
// a stream.
type Request struct {
	// Page is the client: the document whose script or markup asks.
	// It is required.
	Page *Page

	// URL is parsed against the page's URL, as the URL Standard says.
	URL string

	// Method defaults to GET. It is normalized: "put" is sent as PUT, but
	// "patch" is sent as it stands.
	Method string

	// Header is what the caller sets. Forbidden request-headers are dropped
	// and in no-cors mode only the safelisted ones are kept, as a browser
	// does without a word; the trace tells.
	Header HeaderList

	// Body is nil for none.
	Body *Body

	Mode        Mode
	Credentials Credentials
	Redirect    Redirect
	Cache       Cache

	// Referrer is "" for the page's URL ("about:client"), "no-referrer" for
	// none, or a URL of the page's own origin.
	Referrer       string
	ReferrerPolicy ReferrerPolicy // "" means the page's

	// Destination says what the response is for; "" is what fetch() and
	// XMLHttpRequest use. [Element.Request] fills it in.
	Destination Destination

	// Initiator is the API that asks. It decides whether a request may
	// need a preflight for its method and headers, and how consoles word
	// what went wrong.
	Initiator Initiator

	// UseCORSPreflight is the standard's flag of that name: set by an
	// XMLHttpRequest whose upload object has listeners. It forces a preflight.
	UseCORSPreflight bool

	// TargetAddressSpace is fetch()'s targetAddressSpace option: the address
	// space that the page says the server is in ("" when it says nothing).
	TargetAddressSpace AddressSpace

	// module says that the script is one: consoles word it differently.
	module bool
}

// Mode is a request's mode, https://fetch.spec.whatwg.org/#concept-request-mode.
type Mode string

// The request modes. The zero Mode means ModeCORS, fetch()'s default.
const (
	ModeCORS       Mode = "cors"
	ModeNoCORS     Mode = "no-cors"
	ModeSameOrigin Mode = "same-origin"
	ModeNavigate   Mode = "navigate"
)

// Credentials is a request's credentials mode,
// https://fetch.spec.whatwg.org/#concept-request-credentials-mode.
type Credentials string

// The credentials modes. The zero value means CredentialsSameOrigin.
const (
	CredentialsOmit       Credentials = "omit"
	CredentialsSameOrigin Credentials = "same-origin"
	CredentialsInclude    Credentials = "include"
)

// Redirect is a request's redirect mode,
// https://fetch.spec.whatwg.org/#concept-request-redirect-mode.
type Redirect string

// The redirect modes. The zero value means RedirectFollow.
const (
	RedirectFollow Redirect = "follow"
	RedirectError  Redirect = "error"
	RedirectManual Redirect = "manual"
)

// Cache is a request's cache mode,
// https://fetch.spec.whatwg.org/#concept-request-cache-mode. There is no HTTP
// cache here; the mode decides which cache headers are sent, and whether a
// browser consults its CORS-preflight cache.
type Cache string

// The cache modes. The zero value means CacheDefault.
const (
	CacheDefault      Cache = "default"
	CacheNoStore      Cache = "no-store"
	CacheReload       Cache = "reload"
	CacheNoCache      Cache = "no-cache"
	CacheForceCache   Cache = "force-cache"
	CacheOnlyIfCached Cache = "only-if-cached"
)

// Destination is a request's destination,
// https://fetch.spec.whatwg.org/#concept-request-destination.
type Destination string

// The destinations that the package's own code asks about.
const (
	DestinationNone     Destination = ""
	DestinationAudio    Destination = "audio"
	DestinationDocument Destination = "document"
	DestinationFont     Destination = "font"
	DestinationIframe   Destination = "iframe"
	DestinationImage    Destination = "image"
	DestinationManifest Destination = "manifest"
	DestinationScript   Destination = "script"
	DestinationStyle    Destination = "style"
	DestinationTrack    Destination = "track"
	DestinationVideo    Destination = "video"
	DestinationWorker   Destination = "worker"
)

// isScriptLike reports whether the destination is one whose response is run.
// https://fetch.spec.whatwg.org/#request-destination-script-like
func (d Destination) isScriptLike() bool {
	switch d {
	case "audioworklet", "paintworklet", "script", "serviceworker", "sharedworker", "worker":
		return true
	}
	return false
}

// Initiator is the way in which a page asked.
type Initiator uint8

// The initiators.
const (
	InitiatorFetch   Initiator = iota // fetch()
	InitiatorXHR                      // XMLHttpRequest
	InitiatorElement                  // markup: img, script, link, …
)

// A Body is a request body, https://fetch.spec.whatwg.org/#concept-body.
type Body struct {
	// Bytes is the body's source. It can be sent again after a redirect.
	Bytes []byte
	// Stream, if set, is sent instead. Its source is null: it is sent once,
	// and a redirect that would need it again is a network error.
	Stream io.Reader
	// ContentType is the type that the body brings along; it is used when the
	// request sets no Content-Type of its own. A string body brings
	// text/plain;charset=UTF-8, bytes bring none.
	ContentType string

	source bodySource
}

// A bodySource is what the script gave: XMLHttpRequest and one browser do not
// treat all bodies alike. A Body that no constructor made counts as bytes.
type bodySource uint8

const (
	sourceBytes bodySource = iota
	sourceString
	sourceURLSearchParams
	sourceBlob
)

// TextBody is the body that fetch() makes of a string.
func TextBody(s string) *Body {
	return &Body{Bytes: []byte(s), ContentType: "text/plain;charset=UTF-8", source: sourceString}
}

// BytesBody is the body that fetch() makes of an ArrayBuffer: it brings no
// Content-Type.
func BytesBody(b []byte) *Body { return &Body{Bytes: b} }

// FormBody is the body that fetch() makes of a URLSearchParams.
func FormBody(v url.Values) *Body {
	return &Body{Bytes: []byte(v.Encode()), ContentType: "application/x-www-form-urlencoded;charset=UTF-8", source: sourceURLSearchParams}
}

// BlobBody is the body that fetch() makes of a Blob with a type, which may be
// empty.
func BlobBody(b []byte, contentType string) *Body {
	return &Body{Bytes: b, ContentType: field.Lower(contentType), source: sourceBlob}
}

// StreamBody is the body that fetch() makes of a ReadableStream. Such a request
// always needs a preflight when it is cross-origin, and can't be redirected
// except by a 303.
func StreamBody(r io.Reader) *Body { return &Body{Stream: r} }

// reader returns what to send, from its start.
func (b *Body) reader() io.Reader {
	if b.Stream != nil {
		return b.Stream
	}
	return bytes.NewReader(b.Bytes)
}
