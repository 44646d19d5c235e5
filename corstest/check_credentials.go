package corstest

import "slices"

// credentialSamples returns origins that have credentials, if only some have them, and
// allowed ones that resemble those and have none.
func (c *checker) credentialSamples() []string {
	const mostListed, mostNear = 4, 6
	var samples []string
	add := func(most int, origins []string, listed bool) {
		for _, o := range origins {
			if len(samples) < most && c.listed.match(o) == listed && c.origins.match(o) && isPageOrigin(o) && !slices.Contains(samples, o) {
				samples = append(samples, o)
			}
		}
	}
	all := c.listed.samples()
	add(mostListed, all, true)
	for i, o := range all {
		add(len(samples)+mostNear/len(all)+1, nearMisses(o, all[(i+1)%len(all)]), false)
	}
	return samples
}

// checkSomeCredentials checks credentials where only some of the allowed origins have
// them.
func (c *checker) checkSomeCredentials() {
	if !c.works {
		c.skip(noRequestWorks, credentialsUnusable, credentialsUnpromised)
		return
	}
	c.credentials = c.listed.match(c.page)
	for _, o := range c.allowed {
		requests := []pageRequest{c.base}
		if c.preflight != nil {
			requests = append(requests, *c.preflight)
		}
		for _, p := range requests {
			if p.origin = o; !c.isReadable(p) {
				continue // other checks report it
			}
			p.credentials = true
			if !c.listed.match(o) {
				c.findIfAllowed(credentialsUnpromised, 0, p, "a page on "+o+", which is promised without credentials, may read the response to a "+p.method+" with credentials")
				continue
			}
			blocked := c.findIfBlocked(credentialsUnusable, 0, p, "a "+p.method+" with credentials from "+o+" is blocked")
			if blocked && o == c.page {
				c.credentials = false
			}
		}
	}
	if c.preflight == nil {
		c.skip(noPreflightWorks, credentialsUnusable)
	}
}
