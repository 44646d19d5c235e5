package fetch

import "github.com/concors/concors/fetch/reason"

// redirectRefused fails a redirected request that the browser refuses only after
// its preflight was sent.
func (q quirks) redirectRefused(f *fetchParams) *NetworkError {
	if why := f.request.memory.refused; why != 0 {
		return f.fail(why, -1, NetworkError{})
	}
	return nil
}

// notARedirect reports whether the browser treats a response with a redirect
// status as an ordinary one because it has no target.
func (q quirks) notARedirect(req *request, resp *response) bool {
	if req.redirect == RedirectManual {
		return false
	}
	switch location, present := resp.header.Get("Location"); {
	case location != "":
		return false
	case present && q.deviates(EmptyLocationNotFollowed):
		return true
	default:
		return (!present || req.redirect == RedirectError) && q.deviates(RedirectNeedsLocation)
	}
}

// manualRedirectBlocked blocks a redirect in redirect mode manual because of its
// target. The standard does not look at the target.
func (q quirks) manualRedirectBlocked(f *fetchParams, resp *response) *NetworkError {
	if !q.deviates(ManualRedirectNeedsURL) && !q.deviates(ManualRedirectToFTPFails) {
		return nil
	}
	value, present := resp.header.Get("Location")
	location, err := f.locationURL(resp, f.request.currentURL())
	why := reason.Reason(0)
	switch {
	case err != nil && present && value != "" && q.deviates(ManualRedirectNeedsURL):
		why = reason.RedirectInvalidLocation
	case err == nil && location.Scheme == "ftp" && q.deviates(ManualRedirectToFTPFails):
		why = reason.RedirectDisallowedScheme
	default:
		return nil
	}
	return f.fail(why, resp.exchange, NetworkError{Header: "Location", Value: value, Present: present},
		presentOrNot("Location", value, present))
}
