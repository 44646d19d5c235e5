package cors

import (
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// compiled is a policy worked out: everything that does not depend on the
// request. It is not changed once made.
type compiled struct {
	policy Policy

	origins            *origin.Set
	anyone             bool // "*", without credentials
	anyoneCredentialed bool // "*" with them: the dangerous one
	anyoneIndex        int
	null               bool
	lookup             *lookup

	anyMethod     bool
	methods       []string
	anyHeader     bool
	lowerHeaders  []string
	headerSet     map[string]bool // lowerHeaders, where they are many
	maxNameLength int
	maxNames      int

	// Values of response headers, "" for none.
	credentials, exposed, allowMethods, allowHeaders, maxAge string
	echoMethod, echoHeaders                                  bool // "*" with credentials stands for nothing
	status                                                   int
	extras                                                   bool // fields that are not CORS's are wanted
}

const (
	// fewHeaders are looked through one by one, which is faster than a map.
	fewHeaders = 8

	// maxNameLength is the longest name of a request header that a policy can
	// hold.
	maxNameLength = 128

	// leastNames is how many names a preflight may always ask for, empty list
	// elements and repeats included. Firefox names a header twice that was set
	// twice.
	leastNames = 32
)

// compile works a policy out that has no faults. It copies what it keeps.
func compile(p Policy, origins *origin.Set) *compiled {
	c := &compiled{origins: origins, anyoneIndex: slices.Index(p.Origins, "*"), status: p.PreflightStatus, maxNames: max(leastNames, 2*len(p.RequestHeaders))}
	c.policy = p.Clone()
	if len(p.Origins) > manyOrigins {
		// The set has them all, in a third of the room.
		c.policy.Origins = nil
	}
	c.anyone = c.anyoneIndex >= 0 && !p.Credentials
	c.anyoneCredentialed = c.anyoneIndex >= 0 && p.Credentials
	c.null = p.DangerouslyAllowNull
	if p.Lookup != nil {
		c.lookup = newLookup(p.Lookup, p.LookupCache.withDefaults())
	}
	if c.status == 0 {
		c.status = 204
	}
	if p.Credentials {
		c.credentials = "true"
	}
	c.extras = p.ResourcePolicy != "" || p.TimingAllowOrigin
	c.exposed = strings.Join(p.ExposedHeaders, ", ")
	if p.MaxAgeSeconds != 0 {
		c.maxAge = strconv.Itoa(max(p.MaxAgeSeconds, 0))
	}

	c.methods = c.policy.Methods
	c.anyMethod = slices.Contains(c.methods, "*")
	c.echoMethod = c.anyMethod && p.Credentials
	c.allowMethods = "*"
	if !c.anyMethod {
		c.allowMethods = strings.Join(c.methods, ", ")
	}

	for _, name := range p.RequestHeaders {
		if name == "*" {
			c.anyHeader, c.maxNameLength = true, maxNameLength
			continue
		}
		c.lowerHeaders = append(c.lowerHeaders, field.Lower(name))
		c.maxNameLength = max(c.maxNameLength, len(name))
	}
	if len(c.lowerHeaders) > fewHeaders {
		c.headerSet = make(map[string]bool, len(c.lowerHeaders))
		for _, name := range c.lowerHeaders {
			c.headerSet[name] = true
		}
	}
	c.echoHeaders = c.anyHeader && p.Credentials
	switch {
	case !c.anyHeader:
		c.allowHeaders = strings.Join(c.lowerHeaders, ", ")
	case slices.Contains(c.lowerHeaders, "authorization"):
		c.allowHeaders = "*, authorization"
	default:
		c.allowHeaders = "*"
	}
	return c
}

// manyOrigins is above how many origins a compiled policy does not keep its
// list of them, but makes it anew from the set when it is asked for.
const manyOrigins = 10_000

// given returns the policy as it was given; a list of many origins without what
// was in it twice.
func (c *compiled) given() Policy {
	p := c.policy.Clone()
	if p.Origins == nil && c.origins.Len() > 0 {
		type entry struct {
			index int
			value string
		}
		var entries []entry
		for i, value := range c.origins.Patterns() {
			entries = append(entries, entry{i, value})
		}
		slices.SortFunc(entries, func(a, b entry) int { return a.index - b.index })
		for _, e := range entries {
			p.Origins = append(p.Origins, e.value)
		}
	}
	return p
}

// Clone returns a copy whose lists are its own.
func (p Policy) Clone() Policy {
	for _, list := range []*[]string{&p.Origins, &p.Methods, &p.RequestHeaders, &p.ExposedHeaders} {
		*list = slices.Clone(*list)
	}
	return p
}

// A Field is one field of a response.
type Field struct{ Name, Value string }

// grants appends the fields that a decision puts on the response, beside Vary.
// Of a preflight's fields, requestHeaders are the lines it asked with.
func (c *compiled) grants(fields []Field, d *Decision, requestHeaders []string) []Field {
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, Field{name, value})
		}
	}
	who := d.Origin
	switch {
	case d.anyOrigin:
		who = "*"
		add(allowOrigin, who)
	case d.Allowed:
		add(allowOrigin, who)
		add(allowCredentials, c.credentials)
	default:
		return fields
	}
	if d.Kind != Preflight {
		add(exposeHeaders, c.exposed)
		if c.policy.TimingAllowOrigin {
			add("Timing-Allow-Origin", who)
		}
		return fields
	}
	if c.echoMethod {
		add(allowMethods, d.Method)
	} else {
		add(allowMethods, c.allowMethods)
	}
	if c.echoHeaders {
		add(allowHeaders, strings.Join(requestHeaders, ","))
	} else {
		add(allowHeaders, c.allowHeaders)
	}
	add(maxAge, c.maxAge)
	return fields
}

// The names of the fields, as http.Header holds them.
const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
	exposeHeaders    = "Access-Control-Expose-Headers"
	allowMethods     = "Access-Control-Allow-Methods"
	allowHeaders     = "Access-Control-Allow-Headers"
	maxAge           = "Access-Control-Max-Age"
)

// vary is what the answer to a request of this kind depends on. An answer to
// everybody alike depends on no Origin.
func (c *compiled) vary(k Kind) string {
	switch {
	case k == Preflight && c.anyone:
		return "Access-Control-Request-Method, Access-Control-Request-Headers"
	case k == Preflight:
		return "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
	case c.anyone:
		return ""
	}
	return "Origin"
}
