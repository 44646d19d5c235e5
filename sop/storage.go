package sop

import (
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
)

// An API is a browser API that stores data for an origin, or whose existence depends on it.
type API string

// The APIs.
const (
	LocalStorage     API = "localStorage"
	SessionStorage   API = "sessionStorage"
	IndexedDB        API = "indexedDB"
	Caches           API = "caches"
	Locks            API = "locks"
	LockQuery        API = "locks.query" // of the same locks
	StorageManager   API = "storage.estimate"
	FileSystem       API = "storage.getDirectory"
	StoragePersisted API = "storage.persisted"
	ServiceWorker    API = "serviceWorker"
	SubtleCrypto     API = "crypto.subtle"
	CookieStore      API = "cookieStore"
)

// apiRule is what an API needs.
type apiRule struct {
	secure bool // it exists only in secure contexts
	// missing and opaque are the exceptions of a script that uses the API where it does not
	// exist, and in a document with an opaque origin. "" means that it works there.
	missing, opaque string
}

var apiRules = map[API]apiRule{
	LocalStorage:     {opaque: securityError},
	SessionStorage:   {opaque: securityError},
	IndexedDB:        {opaque: securityError},
	Caches:           {secure: true, missing: referenceError, opaque: securityError},
	Locks:            {secure: true, missing: typeError, opaque: securityError},
	LockQuery:        {secure: true, missing: typeError, opaque: securityError},
	StorageManager:   {secure: true, missing: typeError, opaque: typeError},
	StoragePersisted: {secure: true, missing: typeError, opaque: typeError},
	FileSystem:       {secure: true, missing: typeError, opaque: securityError},
	ServiceWorker:    {secure: true, missing: typeError, opaque: securityError},
	SubtleCrypto:     {secure: true, missing: typeError},
	CookieStore:      {secure: true, missing: referenceError, opaque: securityError},
}

// Storage is a script that uses one of the APIs in its own document.
type Storage struct {
	Document *Document
	API      API
}

// StorageAnswer is the answer to Storage. Its value is of unknown type if the API works.
type StorageAnswer struct {
	Decision
	Completion
	// Key identifies the data that the script sees: documents with equal keys share it.
	Key StorageKey
}

// Storage decides whether an API works in a document:
// https://storage.spec.whatwg.org/#obtain-a-storage-key.
func (p *Profile) Storage(s Storage) StorageAnswer {
	q := quirks{p}
	var a StorageAnswer
	rule, ok := apiRules[s.API]
	if !ok {
		return a
	}
	doc := s.Document
	inputs := []fetch.Input{{Name: "API", Value: string(s.API)}, {Name: "origin", Value: doc.Origin.String()}}
	if q.apiMissing(&a.Decision, s.API) {
		a.refuse(NoSuchAPI, inputs...)
		a.Exception = rule.missing
		return a
	}
	if rule.secure && !doc.SecureContext {
		a.refuse(InsecureContext, inputs...)
		a.Exception = rule.missing
		return a
	}
	if s.API == ServiceWorker && q.hasNoServiceWorkers(&a.Decision, doc) {
		a.refuse(NoSuchAPI, inputs...)
		a.Exception = invalidStateError
		return a
	}
	if s.API == LockQuery && q.hidesLocks(&a.Decision, doc) {
		a.refuse(NoStorageAccess, inputs...)
		a.Exception = securityError
		return a
	}
	if doc.Origin.IsOpaque() && rule.opaque != "" {
		a.refuse(OpaqueOriginStorage, inputs...)
		a.Exception = rule.opaque
		return a
	}
	a.Verdict = Allowed
	a.Key = q.storageKey(doc)
	a.pass(OpaqueOriginStorage.Algorithm(), OpaqueOriginStorage.Anchor(), "The document has a storage key.",
		append(inputs, fetch.Input{Name: "storage key", Value: a.Key.String()})...)
	return a
}

// A StorageKey is what storage is kept by: https://storage.spec.whatwg.org/#storage-keys. It
// has what browsers add to the origin.
type StorageKey struct {
	Origin origin.Origin
	// Top is the top-level site or origin, "" if the browser does not partition.
	Top string
	// CrossSiteAncestor is the ancestor bit.
	CrossSiteAncestor bool
	// Nonce is the top-level document of an <iframe credentialless>, whose frames share
	// storage with each other only.
	Nonce *Document
}

// String returns the key on one line.
func (k StorageKey) String() string {
	text := k.Origin.String()
	if k.Top != "" {
		text += " under " + k.Top
	}
	if k.CrossSiteAncestor {
		text += " with a cross-site ancestor"
	}
	if k.Nonce != nil {
		text += " (credentialless)"
	}
	return text
}

func (k StorageKey) equal(other StorageKey) bool {
	return origin.SameOrigin(k.Origin, other.Origin) && k.Top == other.Top &&
		k.CrossSiteAncestor == other.CrossSiteAncestor && k.Nonce == other.Nonce
}

// StorageKey returns the storage key of a document. The key of a document with an opaque
// origin equals only its own: it has no storage, but can use channels.
func (p *Profile) StorageKey(doc *Document) StorageKey { return quirks{p}.storageKey(doc) }

func (q quirks) storageKey(doc *Document) StorageKey {
	top := doc.Top()
	// The key ignores document.domain.
	key := StorageKey{Origin: doc.Origin}
	if doc.Credentialless {
		key.Nonce = top
	}
	switch q.Partition {
	case PartitionByTopSite:
		key.Top = top.Origin.Site().String()
	case PartitionByTopHost:
		key.Top = schemelessSite(top.Origin)
	case PartitionByTopOrigin:
		key.Top = top.Origin.String()
	}
	if q.AncestorBit {
		key.CrossSiteAncestor = q.hasCrossSiteAncestor(doc)
	}
	return key
}

// schemelessSite is a site without its scheme.
func schemelessSite(o origin.Origin) string {
	if domain := origin.RegistrableDomain(o.Host()); domain != "" {
		return domain
	}
	return o.Host()
}

// hasCrossSiteAncestor:
// https://html.spec.whatwg.org/multipage/webappapis.html#concept-settings-object-has-cross-site-ancestor
func (q quirks) hasCrossSiteAncestor(doc *Document) bool {
	for ancestor := doc.Parent; ancestor != nil; ancestor = ancestor.Parent {
		if !q.sameParty(doc, ancestor) {
			return true
		}
	}
	return false
}

// sameParty reports whether two documents are of the same site as storage is partitioned.
func (q quirks) sameParty(a, b *Document) bool {
	if q.Partition == PartitionByTopHost {
		return origin.SchemelesslySameSite(a.Origin, b.Origin)
	}
	return origin.SameSite(a.Origin, b.Origin)
}

// Shared is whether what one document stores is what the other reads.
type Shared struct {
	Writer, Reader *Document
	API            API
}

// Shared decides whether two documents share an API's data. Session storage also belongs to
// one top-level window; the decision is Refused for documents of two windows, although a
// window that was opened without noopener starts with a copy.
func (p *Profile) Shared(s Shared) Decision {
	q := quirks{p}
	for _, doc := range []*Document{s.Writer, s.Reader} {
		if a := p.Storage(Storage{doc, s.API}); a.Verdict != Allowed {
			return a.Decision
		}
	}
	var d Decision
	writer, reader := q.storageKey(s.Writer), q.storageKey(s.Reader)
	inputs := []fetch.Input{{Name: "writer", Value: writer.String()}, {Name: "reader", Value: reader.String()}}
	if !writer.equal(reader) {
		d.refuse(OtherStorageKey, inputs...)
		return d
	}
	if s.API == SessionStorage && s.Writer.Top() != s.Reader.Top() {
		d.refuse(OtherWindow, inputs...)
		return d
	}
	d.Verdict = Allowed
	d.pass(OtherStorageKey.Algorithm(), OtherStorageKey.Anchor(), "The two documents have the same storage key.", inputs...)
	return d
}

// StorageEvent is whether a document gets a storage event for what another one writes to
// localStorage.
type StorageEvent struct{ Writer, Listener *Document }

// StorageEvent decides it: https://html.spec.whatwg.org/multipage/webstorage.html#concept-storage-broadcast.
func (p *Profile) StorageEvent(e StorageEvent) Decision {
	d := p.Shared(Shared{e.Writer, e.Listener, LocalStorage})
	if d.Reason == OtherStorageKey && origin.SameOrigin(e.Writer.Origin, e.Listener.Origin) &&
		(quirks{p}).storageEventCrossesPartitions(&d) {
		d.Verdict, d.Reason = Allowed, 0
	}
	return d
}

// StorageAccess is a script that calls document.hasStorageAccess() or, if Request is set,
// document.requestStorageAccess() without user activation and without an earlier grant.
type StorageAccess struct {
	Document *Document
	Request  bool
	// HasCookies is set if the document's site has cookies of a first-party visit.
	HasCookies bool
}

// StorageAccessAnswer is the answer to StorageAccess.
type StorageAccessAnswer struct {
	Decision
	Completion
}

// StorageAccess decides what the promise resolves or rejects with:
// https://privacycg.github.io/storage-access/#dom-document-hasstorageaccess.
func (p *Profile) StorageAccess(s StorageAccess) StorageAccessAnswer {
	q := quirks{p}
	var a StorageAccessAnswer
	doc := s.Document
	inputs := []fetch.Input{{Name: "document", Value: doc.Origin.String()}, {Name: "top-level site", Value: doc.Top().Origin.Site().String()}}
	has := doc.SecureContext && !doc.Origin.IsOpaque() && q.hasStorageAccess(doc, s)
	if !s.Request {
		a.Value = boolean(has)
		if !has {
			a.refuse(NoStorageAccess, inputs...)
			return a
		}
	} else if !has {
		a.refuse(NoStorageAccess, inputs...)
		a.Exception = notAllowedError
		return a
	} else {
		a.Value = Value{Type: Undefined}
	}
	a.Verdict = Allowed
	a.pass(NoStorageAccess.Algorithm(), NoStorageAccess.Anchor(), "The document's site is the top-level site, or third-party cookies are allowed.", inputs...)
	return a
}

// HasSharedArrayBuffer reports whether a document has the constructor SharedArrayBuffer:
// https://html.spec.whatwg.org/multipage/webappapis.html#dom-crossoriginisolated.
func (p *Profile) HasSharedArrayBuffer(doc *Document) bool {
	return doc.CrossOriginIsolated && !p.NoSharedArrayBuffer
}
