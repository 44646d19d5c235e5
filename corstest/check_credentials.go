package corstest

import "slices"

// credentialSamples returns origins that have credentials, if only some have them, and
// allowed ones that have none: near misses of the former, and null.
func (c *checker) credentialSamples() (with, without []string) {
	const mostListed, mostNear = 4, 80
	all := c.listed.samples()
	if len(all) == 0 {
		return nil, nil
	}
	for _, o := range all {
		if len(with) < mostListed && c.origins.match(o) {
			with = append(with, o)
		}
	}
	for _, o := range c.listed.orderedForeign(all, all) {
		if len(without) < mostNear && c.origins.match(o) {
			without = append(without, o)
		}
	}
	return with, without
}

// checkSomeCredentials checks credentials where only some of the allowed origins have
// them.
func (c *checker) checkSomeCredentials() {
	if !c.works {
		c.skip(noRequestWorks, credentialsUnusable, credentialsUnpromised)
		return
	}
	c.credentials = c.listed.match(c.page)
	for _, o := range slices.Concat(c.allowed, c.withoutCredentials) {
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
