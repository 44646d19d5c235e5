package sop

import (
	"github.com/concors/concors/fetch/cookie"
)

// apiMissing reports whether the browser that was measured lacks an API that others have.
func (q quirks) apiMissing(d *Decision, api API) bool {
	return oneOf(string(api), string(StorageManager), string(StoragePersisted), string(FileSystem)) && q.departs(d, NoStorageManager)
}

// hidesLocks reports whether a document may request locks but not list them.
func (q quirks) hidesLocks(d *Decision, doc *Document) bool {
	return !doc.Origin.IsOpaque() && q.hasCrossSiteAncestor(doc) && q.departs(d, LockQueryNeedsFirstParty)
}

// storageEventCrossesPartitions reports whether storage events go to all documents of an
// origin.
func (q quirks) storageEventCrossesPartitions(d *Decision) bool {
	return q.departs(d, StorageEventCrossesPartitions)
}

// hasNoServiceWorkers reports whether a document that was not fetched over http has no
// service workers, although its origin has.
func (q quirks) hasNoServiceWorkers(d *Decision, doc *Document) bool {
	return !doc.URL.IsHTTP() && !doc.Origin.IsOpaque() && !matchesAbout(doc.URL, "srcdoc") &&
		q.departs(d, ServiceWorkerNeedsFetchedDocument)
}

// hasStorageAccess reports whether a document has its site's first-party cookies without
// asking.
func (q quirks) hasStorageAccess(doc *Document, s StorageAccess) bool {
	if q.sameParty(doc, doc.Top()) && !(q.AncestorBit && q.hasCrossSiteAncestor(doc)) {
		return true
	}
	switch q.Fetch.Cookies.ThirdParty {
	case cookie.AllowThirdParty:
		return true
	case cookie.BlockNewThirdParty: // the cookies that exist are sent
		return !s.Request && s.HasCookies
	}
	return false
}
