package fetch

import (
	"bytes"
	"io"
	"net/url"

	"github.com/concors/concors/internal/field"
)

// A Request is what a page requests: the part of the standard's request that its
// caller chooses (https://fetch.spec.whatwg.org/#concept-request). The zero values
// are those of a call of fetch(url) without options.
//
// A fetch does not change its Request. It can be used again, unless its body is a
// stream.
type Request struct {
	// Page is the client: the document whose script or markup makes the request.
	// It is required.
	Page *Page

	// URL is parsed with the page's URL as its base, by the URL Standard.
	URL string

	// Method defaults to GET. It is normalized like a browser's: "put" is sent as
	// PUT, but "patch" is sent as patch.
	Method string

	// Header has the headers that the caller sets. As in a browser, forbidden
	// request-headers are silently dropped, and in no-cors mode all that are not
	// safelisted. The trace names them.
	Header HeaderList

	// Body is nil for a request without a body.
	Body *Body

	Mode        Mode
	Credentials Credentials
	Redirect    Redirect
	Cache       Cache

	// Referrer is "" or "about:client" for the page's URL, "no-referrer" for none,
	// or a URL of the page's own origin.
	Referrer       string
	ReferrerPolicy ReferrerPolicy // "" means the page's

	// Destination is what the response is for. fetch() and XMLHttpRequest have
	// "". [Element.Request] sets it.
	Destination Destination

	// Initiator is the API that makes the request. It decides whether the method
	// and headers can make a preflight necessary, and how consoles word an error.
	Initiator Initiator

	// UseCORSPreflight is the standard's use-CORS-preflight flag, which forces a
	// preflight. An XMLHttpRequest whose upload object has listeners sets it.
	UseCORSPreflight bool

	// TargetAddressSpace is fetch()'s targetAddressSpace option: the address space
	// in which the page expects the server. "" means no expectation.
	TargetAddressSpace AddressSpace

	// module is set for a module script, for which consoles have other texts.
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
// https://fetch.spec.whatwg.org/#concept-request-cache-mode. This package has no
// HTTP cache. The mode decides which cache headers are sent, and in some browsers
// whether the CORS-preflight cache is used.
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

// The destinations that make a difference in this package. Others are possible.
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

// isScriptLike reports whether a response for the destination is run as a script.
// https://fetch.spec.whatwg.org/#request-destination-script-like
func (d Destination) isScriptLike() bool {
	switch d {
	case "audioworklet", "paintworklet", "script", "serviceworker", "sharedworker", "worker":
		return true
	}
	return false
}

// Initiator is the API that makes a request.
type Initiator uint8

// The initiators.
const (
	InitiatorFetch   Initiator = iota // fetch()
	InitiatorXHR                      // XMLHttpRequest
	InitiatorElement                  // markup: img, script, link, …
)

// A Body is a request body, https://fetch.spec.whatwg.org/#concept-body.
type Body struct {
	// Bytes is the body. It can be sent again after a redirect.
	Bytes []byte
	// Stream, if not nil, is sent instead. It can be sent only once, so a redirect
	// that needs it again is a network error.
	Stream io.Reader
	// ContentType is the Content-Type of a request that does not set its own. For
	// a string it is text/plain;charset=UTF-8, for bytes it is empty.
	ContentType string

	source bodySource
}

// A bodySource is the kind of object that the script used as the body.
// XMLHttpRequest and one browser treat them differently. A Body that was made
// without a function of this package counts as bytes.
type bodySource uint8

const (
	sourceBytes bodySource = iota
	sourceString
	sourceURLSearchParams
	sourceBlob
)

// TextBody returns the body that fetch() makes from a string.
func TextBody(s string) *Body {
	return &Body{Bytes: []byte(s), ContentType: "text/plain;charset=UTF-8", source: sourceString}
}

// BytesBody returns the body that fetch() makes from an ArrayBuffer. It has no
// Content-Type.
func BytesBody(b []byte) *Body { return &Body{Bytes: b} }

// FormBody returns the body that fetch() makes from a URLSearchParams.
func FormBody(v url.Values) *Body {
	return &Body{
		Bytes: []byte(v.Encode()), ContentType: "application/x-www-form-urlencoded;charset=UTF-8",
		source: sourceURLSearchParams,
	}
}

// BlobBody returns the body that fetch() makes from a Blob with the type, which may
// be empty.
func BlobBody(b []byte, contentType string) *Body {
	return &Body{Bytes: b, ContentType: field.Lower(contentType), source: sourceBlob}
}

// StreamBody returns the body that fetch() makes from a ReadableStream. A
// cross-origin request with it always needs a preflight, and only a 303 can
// redirect it.
func StreamBody(r io.Reader) *Body { return &Body{Stream: r} }

// reader returns a reader at the start of the body.
func (b *Body) reader() io.Reader {
	if b.Stream != nil {
		return b.Stream
	}
	return bytes.NewReader(b.Bytes)
}
