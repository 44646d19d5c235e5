package sop

import (
	"context"
	"errors"
	"strings"

	"github.com/concors/concors/fetch"
)

// Embed is an element of a document that loads a resource.
type Embed struct {
	Document *Document
	Element  fetch.Element
}

// EmbedAnswer is the answer to Embed.
type EmbedAnswer struct {
	Decision
	// Loaded reports whether the element fires load, and not error. It does not say whether the
	// bytes are a valid image, font and so on.
	Loaded bool
	// OriginClean is false if the page may use what it loaded but not read it: a canvas that the
	// image is drawn on is tainted, the style sheet's rules are hidden, the script's errors are
	// muted.
	OriginClean bool
	// Trace is what package fetch did.
	Trace *fetch.Trace
}

// Embed loads the resource with the agent, whose profile should be p.Fetch, and decides what
// the page may do with it. A resource is origin-clean if its response is CORS-same-origin:
// https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-same-origin.
//
// The error is that of an element that makes no request. A request that is blocked is a
// Refused answer.
func (p *Profile) Embed(ctx context.Context, agent *fetch.Agent, e Embed) (EmbedAnswer, error) {
	var a EmbedAnswer
	q := quirks{p}
	r, err := e.Element.Request(e.Document.Page())
	if err != nil {
		return a, err
	}
	input := []fetch.Input{{Name: "element", Value: e.Element.Kind}, {Name: "URL", Value: shorten(e.Element.URL)},
		{Name: "crossorigin", Value: string(e.Element.CrossOrigin)}}
	resp, err := agent.Fetch(ctx, r)
	var blocked *fetch.NetworkError
	if errors.As(err, &blocked) {
		a.Trace = blocked.Trace
		a.refuse(NotLoaded, append(input, fetch.Input{Name: "reason", Value: blocked.Reason.String()})...)
		return a, nil
	}
	if err != nil {
		return a, err
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is written
	a.Trace = resp.Trace
	if why := q.unusable(&a.Decision, e, resp); why != 0 {
		a.refuse(why, input...)
		return a, nil
	}
	a.Loaded = true
	a.OriginClean = !resp.Hidden()
	a.Verdict = Allowed
	if !a.OriginClean {
		a.Reason = CORSCrossOrigin
		a.note(CORSCrossOrigin.Algorithm(), CORSCrossOrigin.Anchor(), CORSCrossOrigin.Explanation(), input...)
		return a, nil
	}
	a.pass(CORSCrossOrigin.Algorithm(), CORSCrossOrigin.Anchor(), "The response is CORS-same-origin: the page may read what it loaded.", input...)
	return a, nil
}

// unusable says why an element fires error although the response was not blocked:
// https://html.spec.whatwg.org/multipage/semantics.html#default-fetch-and-process-the-linked-resource and
// https://html.spec.whatwg.org/multipage/links.html#link-type-stylesheet. An image shows whatever its status is.
func (q quirks) unusable(d *Decision, e Embed, resp *fetch.Response) Reason {
	internal := resp.Internal
	if internal == nil {
		return 0
	}
	ok := internal.Status >= 200 && internal.Status < 300 || internal.URL == "" || strings.HasPrefix(internal.URL, "data:")
	switch e.Element.Kind {
	case "link", "script", "module", "font", "track", "worker":
		if !ok {
			return StatusNotOK
		}
	}
	if e.Element.Kind != "link" {
		return 0
	}
	contentType, _ := internal.Header.Get("Content-Type")
	essence, _, _ := strings.Cut(contentType, ";")
	if contentType != "" && !strings.EqualFold(strings.TrimSpace(essence), "text/css") && !q.wrongStyleTypeLoads(d) {
		return NotAStyleSheet
	}
	return 0
}

// A CanvasOperation is what a script does with a canvas, or with what it made of one.
type CanvasOperation string

// The operations.
const (
	// These read pixels.
	ToDataURL       CanvasOperation = "toDataURL"
	ToBlob          CanvasOperation = "toBlob"
	GetImageData    CanvasOperation = "getImageData"
	CaptureStream   CanvasOperation = "captureStream"
	ConvertToBlob   CanvasOperation = "convertToBlob"
	NewVideoFrame   CanvasOperation = "VideoFrame"
	TexImage2D      CanvasOperation = "texImage2D"      // into WebGL, which could read it
	PostImageBitmap CanvasOperation = "postImageBitmap" // to another window or worker
	// These do not.
	PutImageData  CanvasOperation = "putImageData"
	IsPointInPath CanvasOperation = "isPointInPath"
	ClearRect     CanvasOperation = "clearRect"
	Reset         CanvasOperation = "reset"
	SetWidth      CanvasOperation = "width="
)

// Canvas is an operation on a canvas. It is also one on a bitmap made of a canvas or an image,
// which has the origin-clean flag of its source, and so has what it is drawn on: the flag is
// unset by any drawing of a source that is not origin-clean, by patterns, with zero alpha, and
// outside the canvas.
type Canvas struct {
	OriginClean bool
	Operation   CanvasOperation
}

// CanvasAnswer is the answer to Canvas.
type CanvasAnswer struct {
	Decision
	// Completion has a value of unknown type if the operation works.
	Completion
	// OriginClean is the flag afterwards.
	OriginClean bool
}

// Canvas decides what the operation does:
// https://html.spec.whatwg.org/multipage/canvas.html#security-with-canvas-elements.
func (p *Profile) Canvas(c Canvas) CanvasAnswer {
	q := quirks{p}
	a := CanvasAnswer{OriginClean: c.OriginClean}
	input := fetch.Input{Name: "operation", Value: string(c.Operation)}
	exception, known := securityError, true
	switch c.Operation {
	case ToDataURL, ToBlob, GetImageData, CaptureStream, ConvertToBlob, NewVideoFrame, TexImage2D:
	case PostImageBitmap:
		exception = dataCloneError
	case PutImageData, IsPointInPath, ClearRect, Reset:
		exception = ""
	case SetWidth:
		exception = ""
		a.OriginClean = a.OriginClean || q.widthCleans(&a.Decision)
	default:
		known = false
	}
	switch {
	case !known:
		return a
	case exception != "" && !c.OriginClean:
		a.refuse(CanvasTainted, input)
		a.Exception = exception
		return a
	}
	a.Verdict = Allowed
	a.pass(CanvasTainted.Algorithm(), CanvasTainted.Anchor(), "The operation does not read another origin's pixels.", input)
	return a
}

// SheetOperation is what a script does with a CSSStyleSheet.
type SheetOperation string

// The operations.
const (
	CSSRules   SheetOperation = "cssRules" // and rules
	InsertRule SheetOperation = "insertRule"
	DeleteRule SheetOperation = "deleteRule"
	SheetHref  SheetOperation = "href" // and ownerNode, title, media, disabled
)

// Sheet is a script that uses a style sheet.
type Sheet struct {
	OriginClean bool
	Operation   SheetOperation
}

// SheetAnswer is the answer to Sheet.
type SheetAnswer struct {
	Decision
	Completion
}

// Sheet decides what the script gets: https://drafts.csswg.org/cssom/#dom-cssstylesheet-cssrules. The
// sheet applies to the page either way.
func (p *Profile) Sheet(s Sheet) SheetAnswer {
	var a SheetAnswer
	input := fetch.Input{Name: "operation", Value: string(s.Operation)}
	switch s.Operation {
	case CSSRules, InsertRule, DeleteRule:
		if !s.OriginClean {
			a.refuse(SheetNotOriginClean, input)
			a.Exception = securityError
			return a
		}
	case SheetHref:
	default:
		return a
	}
	a.Verdict = Allowed
	a.pass(SheetNotOriginClean.Algorithm(), SheetNotOriginClean.Anchor(), "The operation is allowed.", input)
	return a
}
