package fetch

import "fmt"

// CrossOrigin is the state of an element's crossorigin attribute,
// https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-settings-attribute.
type CrossOrigin string

// The states of crossorigin. In markup, every value except use-credentials means
// anonymous.
const (
	NoCORSAttribute CrossOrigin = ""
	Anonymous       CrossOrigin = "anonymous"
	UseCredentials  CrossOrigin = "use-credentials"
)

// An Element is an element that loads a subresource.
type Element struct {
	// Kind is img, script, module, link (a style sheet), font, audio, video,
	// track, manifest, worker or iframe.
	Kind        string
	URL         string
	CrossOrigin CrossOrigin
}

// ElementKinds returns the valid values of Element.Kind.
func ElementKinds() []string {
	return []string{"img", "script", "module", "link", "font", "audio", "video", "track", "manifest", "worker", "iframe"}
}

// Request returns the request that the element makes for its page:
// https://html.spec.whatwg.org/multipage/urls-and-fetching.html#create-a-potential-cors-request.
// Without crossorigin most elements make no-cors requests with cookies. Fonts and
// module scripts always use CORS.
func (e Element) Request(page *Page) (*Request, error) {
	r := &Request{Page: page, URL: e.URL, Method: "GET", Initiator: InitiatorElement}
	// The CORS settings attribute decides the mode and the credentials mode.
	switch e.CrossOrigin {
	case NoCORSAttribute:
		r.Mode, r.Credentials = ModeNoCORS, CredentialsInclude
	case Anonymous:
		r.Mode, r.Credentials = ModeCORS, CredentialsSameOrigin
	case UseCredentials:
		r.Mode, r.Credentials = ModeCORS, CredentialsInclude
	default:
		return nil, fmt.Errorf("crossorigin %q: write anonymous or use-credentials, or omit it", e.CrossOrigin)
	}
	// Some elements use CORS without the attribute.
	alwaysCORS := func() {
		r.Mode = ModeCORS
		if e.CrossOrigin != UseCredentials {
			r.Credentials = CredentialsSameOrigin
		}
	}
	switch e.Kind {
	case "img":
		r.Destination = DestinationImage
	case "script":
		r.Destination = DestinationScript
	case "module":
		r.Destination, r.module = DestinationScript, true
		alwaysCORS()
	case "link":
		r.Destination = DestinationStyle
	case "font":
		r.Destination = DestinationFont
		r.Mode, r.Credentials = ModeCORS, CredentialsSameOrigin
	case "audio":
		r.Destination = DestinationAudio
		r.Header.Append("Range", "bytes=0-")
	case "video":
		r.Destination = DestinationVideo
		r.Header.Append("Range", "bytes=0-")
	case "track":
		r.Destination = DestinationTrack
		if e.CrossOrigin == NoCORSAttribute {
			r.Mode = ModeSameOrigin
		}
	case "manifest":
		r.Destination = DestinationManifest
		alwaysCORS()
	case "worker":
		r.Destination = DestinationWorker
		r.Mode, r.Credentials = ModeSameOrigin, CredentialsSameOrigin
	case "iframe":
		r.Destination = DestinationIframe
		r.Mode, r.Credentials = ModeNavigate, CredentialsInclude
	default:
		return nil, fmt.Errorf("element %q: write one of %v", e.Kind, ElementKinds())
	}
	return r, nil
}

// An XHR is an XMLHttpRequest: https://xhr.spec.whatwg.org/#the-send()-method.
type XHR struct {
	Method, URL     string
	Header          HeaderList
	Body            *Body
	WithCredentials bool
	// UploadListener says that the upload object has event listeners. They make
	// even a simple POST need a preflight.
	UploadListener bool
}

// Request returns the request that the XMLHttpRequest makes for its page.
func (x XHR) Request(page *Page) *Request {
	r := &Request{
		Page: page, Method: x.Method, URL: x.URL, Header: x.Header, Body: x.Body,
		Initiator: InitiatorXHR, Mode: ModeCORS, UseCORSPreflight: x.UploadListener,
	}
	if x.WithCredentials {
		r.Credentials = CredentialsInclude
	}
	return r
}
