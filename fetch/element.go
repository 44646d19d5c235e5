package fetch

import "fmt"

// CrossOrigin is the state of an element's crossorigin attribute,
// https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-settings-attribute.
type CrossOrigin string

// The states of crossorigin. Any value but use-credentials is anonymous.
const (
	NoCORSAttribute CrossOrigin = ""
	Anonymous       CrossOrigin = "anonymous"
	UseCredentials  CrossOrigin = "use-credentials"
)

// An Element is a subresource as markup asks for it.
type Element struct {
	// Kind is img, script, module, link (a style sheet), font, audio, video,
	// track, manifest, worker or iframe.
	Kind        string
	URL         string
	CrossOrigin CrossOrigin
}

// ElementKinds lists what Element.Kind may be.
func ElementKinds() []string {
	return []string{"img", "script", "module", "link", "font", "audio", "video", "track", "manifest", "worker", "iframe"}
}

// Request returns the request that the element makes for its page
// (https://html.spec.whatwg.org/multipage/urls-and-fetching.html#create-a-potential-cors-request):
// without crossorigin most elements ask in no-cors mode and with cookies;
// fonts and module scripts always use CORS.
func (e Element) Request(page *Page) (*Request, error) {
	r := &Request{Page: page, URL: e.URL, Method: "GET", Initiator: InitiatorElement}
	// The CORS settings attribute's states, as a potential-CORS request has them.
	switch e.CrossOrigin {
	case NoCORSAttribute:
		r.Mode, r.Credentials = ModeNoCORS, CredentialsInclude
	case Anonymous:
		r.Mode, r.Credentials = ModeCORS, CredentialsSameOrigin
	case UseCredentials:
		r.Mode, r.Credentials = ModeCORS, CredentialsInclude
	default:
		return nil, fmt.Errorf("crossorigin %q: write anonymous or use-credentials, or leave it out", e.CrossOrigin)
	}
	// Elements for which CORS is not a choice.
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

// An XHR is a request as XMLHttpRequest makes it, https://xhr.spec.whatwg.org/#the-send()-method.
type XHR struct {
	Method, URL     string
	Header          HeaderList
	Body            *Body
	WithCredentials bool
	// UploadListener says that the upload object has event listeners, which
	// makes even a plain POST ask for leave first.
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
