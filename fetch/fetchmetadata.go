package fetch

import "github.com/concors/concors/origin"

// appendFetchMetadata: https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-append-the-fetch-metadata-headers-for-a-request
func (f *fetchParams) appendFetchMetadata(req *request, header *HeaderList) {
	// 1. Only to a potentially trustworthy URL. The text says the request's URL, but
	// it is the current URL's server that gets the headers.
	if f.quirks.omitsFetchMetadata(req) {
		return
	}
	if !origin.URLPotentiallyTrustworthy(req.currentURL()) {
		f.quirks.appendFetchMode(req, header)
		return
	}
	// 2–4. Sec-Fetch-Dest, Sec-Fetch-Mode and Sec-Fetch-Site.
	destination := string(req.destination)
	if destination == "" {
		destination = "empty"
	}
	header.Append("Sec-Fetch-Dest", destination)
	header.Append("Sec-Fetch-Mode", string(req.mode))
	header.Append("Sec-Fetch-Site", f.fetchSite(req))
	// 5. Sec-Fetch-User is for navigations that a user caused. None is made here, so
	// Sec-Fetch-Site is never "none" either.
	f.appendStorageAccess(req, header)
}

// fetchSite returns the value of Sec-Fetch-Site: steps 3 to 5 of
// https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-set-site
func (f *fetchParams) fetchSite(req *request) string {
	urls := f.quirks.fetchSiteURLs(req)
	site := "same-origin"
	for _, u := range urls {
		o := origin.Of(u)
		if origin.SameOrigin(o, req.origin) {
			continue
		}
		if !origin.SameSite(o, req.origin) {
			site = "cross-site"
			break
		}
		site = "same-site"
	}
	return f.quirks.fetchSite(req, len(urls), site)
}

// appendStorageAccess appends Sec-Fetch-Storage-Access to a request with
// credentials that is cross-site to the top-level page:
// https://privacycg.github.io/storage-access-headers/
func (f *fetchParams) appendStorageAccess(req *request, header *HeaderList) {
	if f.quirks.storageAccessCredentials(f, req) == CredentialsInclude && f.profile.StorageAccess != "" &&
		!origin.SameSite(req.currentOrigin(), req.client.topLevel) {
		header.Append("Sec-Fetch-Storage-Access", f.quirks.storageAccess(req))
	}
}
