// Package sop is the browser half of the same-origin policy outside fetch: which
// script may touch which window, what a message carries, where storage and cookies
// are, and what an embed leaves behind. Package fetch decides what a request may do
// and what of its response a page may read; this package decides everything else.
//
// # The idea
//
// The package answers typed questions about documents. A [Document] is one page or
// frame with everything the policy depends on: its URL and origin, the document that
// it is framed in, its sandbox flags, its agent cluster, its opener. [Profile.Load]
// makes one from a [Navigation] (what is loaded, into what, by whom), as the HTML
// Standard determines its origin:
//
//	p := &sop.Chromium
//	top, _ := p.Load(sop.Navigation{URL: "https://app.example/"})
//	frame, _ := p.Load(sop.Navigation{URL: "https://other.example/", Parent: top})
//	answer := p.Access(sop.Access{From: top, To: frame, Operation: sop.Get, Key: "document"})
//
// Each question is plain data, and each answer holds a [Decision] (allowed, refused or
// not known; the [Reason]; and the steps of the standard that led to it) and what a
// script sees, as a [Completion]: the value, or the exception.
//
//	Load          what origin a document gets, and whether it is a secure context
//	SetDomain     document.domain
//	Access        one operation on a property of a Window or a Location
//	Content       contentDocument, contentWindow, getSVGDocument, frameElement
//	Open          window.open: what it returns, and what is left of the opener
//	Navigate      which window may navigate which
//	Rewrite       history.pushState and replaceState
//	Post          postMessage: delivered or not, and what event.origin says
//	Broadcast     BroadcastChannel
//	Storage       localStorage, sessionStorage, IndexedDB, caches: available or not
//	Shared        whether two documents have the same storage; also StorageEvent, StorageAccess
//	CookieString  document.cookie; ScriptCookies connects a document with a cookie store
//	Embed         what an element loads, and whether the page may read it (with package fetch)
//	Send          what an element, form, beacon or socket sends, and whether the page gets the response
//	Canvas, Sheet what the page may do with an image or a style sheet that it may not read
//	ScriptError   what an error handler sees of another origin's script
//	Worker        whether a worker starts, and its origin
//	Framing       X-Frame-Options, frame-ancestors, and the embedder policy
//
// # Profiles, builds and deviations
//
// The algorithms are those of the standards, and keep their names and step order.
// [Standard] runs them as they are. [Chromium], [Firefox] and [WebKit] depart from them
// only where a browser was measured to: each such place is a row of deviation.go, a
// condition on the question, whose code is a method of quirks in the quirks file beside
// the algorithm. No outcome is listed by itself.
//
// Some differences belong to a build or its settings, not to an engine: whether agent
// clusters are keyed by origin ([Keying]), by what storage is partitioned
// ([Partition]), and the third-party cookie policy (in Profile.Fetch). They are fields of
// a Profile, so that a copy of a profile can describe another build.
//
// # Not known
//
// The zero [Verdict] is [NotKnown]. An answer has it if the standard leaves the outcome to
// the browser or if the question is outside what this package models. It is never a
// guess. An allowed operation whose value depends on the page's own objects has the
// verdict Allowed and a value of unknown type.
//
// # The standards
//
// https://html.spec.whatwg.org/multipage/ (HTML) for origins, windows, navigation and
// messages; https://storage.spec.whatwg.org/ (Storage) for storage keys;
// https://w3c.github.io/webappsec-secure-contexts/ for secure contexts. Every Step and
// Reason links to its place.
//
// Everything in this package is a pure function of its arguments and safe for concurrent
// use, if nobody changes a Document meanwhile. Profiles are to be treated as constants.
// The cost of an answer is proportional to the depth of the frames and the number of
// children of a document.
package sop
