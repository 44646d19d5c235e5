package fetch

import (
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// omitsFetchMetadata reports whether the request has no Sec-Fetch headers because
// of the redirects that led to it.
func (q quirks) omitsFetchMetadata(req *request) bool {
	n := len(req.urlList)
	switch {
	case n == 1:
		return false
	case req.preflight:
		return q.deviates(PreflightMetadataNeedsTrustworthyStart) && !origin.URLPotentiallyTrustworthy(req.urlList[0])
	}
	return req.mode == ModeCORS && q.deviates(NoFetchMetadataAfterCrossOriginRedirect) &&
		!origin.SameOrigin(origin.Of(req.urlList[n-2]), origin.Of(req.urlList[n-1]))
}

// appendFetchMode appends the only Sec-Fetch header of a request to a URL that is not
// trustworthy, if the browser sends one.
func (q quirks) appendFetchMode(req *request, header *HeaderList) {
	if req.preflight && q.deviates(PreflightAlwaysSaysMode) {
		header.Append("Sec-Fetch-Mode", string(req.mode))
	}
}

// fetchSiteURLs returns the URLs that Sec-Fetch-Site depends on.
func (q quirks) fetchSiteURLs(req *request) []*weburl.URL {
	if req.preflight && q.deviates(PreflightForgetsRedirects) {
		return req.urlList[len(req.urlList)-1:]
	}
	return req.urlList
}

// fetchSite changes the value of Sec-Fetch-Site, which depends on that many URLs.
func (q quirks) fetchSite(req *request, urls int, site string) string {
	switch {
	case site == "same-site" && urls > 1 && req.currentURL().Scheme == "http" && q.deviates(RedirectedIsCrossSite):
		return "cross-site"
	case req.preflight && q.deviates(TaintedPreflightIsCrossSite) && req.redirectTaint() != redirectTaintSameOrigin:
		return "cross-site"
	}
	return site
}

// storageAccess is the value of Sec-Fetch-Storage-Access.
func (q quirks) storageAccess(req *request) string {
	if req.client.isExtension() && q.deviates(ExtensionHasStorageAccess) {
		return "active"
	}
	return q.StorageAccess
}

// storageAccessCredentials returns the credentials mode that decides about
// Sec-Fetch-Storage-Access.
func (q quirks) storageAccessCredentials(f *fetchParams, req *request) Credentials {
	switch {
	case req.preflight && q.deviates(PreflightSaysStorageAccess):
		return f.request.credentials
	case !req.preflight && q.deviates(StorageAccessDroppedOnRedirect) && req.redirectTaint() != redirectTaintSameOrigin:
		return CredentialsOmit
	}
	return req.credentials
}
