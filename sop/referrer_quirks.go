package sop

// referrerOnlyOfFetched reports whether document.referrer is empty in every document that was not fetched
// over http.
func (q quirks) referrerOnlyOfFetched(d *Decision) bool { return q.departs(d, ReferrerOnlyOfFetched) }

// srcdocHasReferrer reports whether a srcdoc document has a referrer, although it is made without a request.
func (q quirks) srcdocHasReferrer(d *Decision) bool { return q.departs(d, SrcdocHasReferrer) }

// sandboxedSrcdocSendsNoReferrer reports whether the requests of a sandboxed srcdoc document have no referrer.
func (q quirks) sandboxedSrcdocSendsNoReferrer(d *Decision) bool {
	return q.departs(d, SandboxedSrcdocSendsNoReferrer)
}

// srcdocSendsNoReferrer reports whether the requests of a srcdoc document have no referrer.
func (q quirks) srcdocSendsNoReferrer(d *Decision) bool { return q.departs(d, SrcdocSendsNoReferrer) }

// localDocumentSendsReferrer reports whether the requests of a blob: document, and of the result of a
// javascript: URL, have a referrer.
func (q quirks) localDocumentSendsReferrer(d *Decision) bool {
	return q.departs(d, LocalDocumentSendsReferrer)
}
