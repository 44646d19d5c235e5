package sop

import (
	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/origin"
)

// apiMissing reports whether the browser that was measured lacks an API that others have.
func (q quirks) apiMissing(d *Decision, api API) bool {
	return oneOf(string(api), string(StorageManager), string(StoragePersisted), string(FileSystem)) && q.departs(d, NoStorageManager)
}

// storageEventCrossesPartitions reports whether storage events go to all documents of an
// origin.
func (q quirks) storageEventCrossesPartitions(d *Decision) bool {
	return q.departs(d, StorageEventCrossesPartitions)
}

// hasStorageAccess reports whether a document has unpartitioned cookies without asking.
func (q quirks) hasStorageAccess(d *Decision, doc *Document, request bool) bool {
	firstParty := q.sameParty(doc, doc.Top()) && !(q.AncestorBit && q.hasCrossSiteAncestor(doc))
	if firstParty {
		return true
	}
	if request && q.Fetch.Cookies.ThirdParty == cookie.BlockNewThirdParty {
		return origin.SameSite(doc.Origin, doc.Top().Origin)
	}
	switch q.Fetch.Cookies.ThirdParty {
	case cookie.AllowThirdParty, cookie.BlockNewThirdParty:
		return true
	}
	return false
}
