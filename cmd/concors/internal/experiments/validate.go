package experiments

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/internal/field"
)

// The limits of an experiment that a reader made.
const (
	MaxJSON    = 512 << 10 // bytes of its JSON
	maxRules   = 50
	maxHeaders = 50
	maxSights  = 200
	maxCookies = 20
)

// A PolicyError is the error of a rule whose policy is invalid.
type PolicyError struct {
	Server   int // the index of the rule
	Problems []policyfile.Problem
}

func (e *PolicyError) Error() string {
	return fmt.Sprintf("the policy of servers[%d] is invalid", e.Server)
}

// Validate reports the first thing that is wrong with an experiment that a reader made. The error is a
// *[cli.UsageError] or a *[PolicyError].
func (e *Experiment) Validate() error {
	if !validName.MatchString(e.Name) {
		return cli.Usage("name: it is not a name of an experiment", "write letters, digits and -, at most 64")
	}
	rules := e.Servers
	if e.Defence != nil {
		rules = append(rules[:len(rules):len(rules)], e.Defence.Servers...)
	}
	switch {
	case e.Page.Origin == "":
		return cli.Usage("page.origin is empty", "write http://app.localhost, or null for a sandboxed page")
	case len(rules) > maxRules:
		return tooMany("servers", maxRules)
	case len(e.Page.Cookies) > maxCookies:
		return tooMany("page.cookies", maxCookies)
	case e.Script != nil && len(e.Script.Sights) > maxSights:
		return tooMany("script.sights", maxSights)
	case e.Script != nil && e.Script.Code == "":
		return cli.Usage("script.code is empty", "write code, or omit script")
	}
	for i := range rules {
		if err := rules[i].validate(i); err != nil {
			return err
		}
	}
	if e.Script == nil {
		return e.Question().Validate()
	}
	q := e.Question()
	q.URL = "http://app.localhost/"
	if err := q.Validate(); err != nil {
		return err
	}
	for i, s := range e.Script.Sights {
		if s.Request == nil {
			continue
		}
		one := Experiment{Page: e.Page, Action: *s.Request}
		if err := one.Question().Validate(); err != nil {
			return fmt.Errorf("script.sights[%d]: %w", i, err)
		}
	}
	return nil
}

var (
	validName = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	validHost = regexp.MustCompile(`^([a-z0-9-]{1,63}\.){1,8}localhost(:[0-9]{1,5})?$`)
)

func tooMany(what string, limit int) error {
	return cli.Usage(fmt.Sprintf("%s has more than %d entries", what, limit), "remove some")
}

// unusable are response headers that an experiment cannot set.
var unusable = map[string]string{
	"content-length": "the server computes it", "transfer-encoding": "the server computes it", "connection": "the server sets it",
	"keep-alive": "the server sets it", "trailer": "the server sets it", "upgrade": "the server sets it",
	"strict-transport-security": "the browser would keep it beyond the experiment",
	"service-worker-allowed":    "a service worker would stay in the browser beyond the experiment",
	"clear-site-data":           "it would also clear what other pages stored",
}

func (rule *Rule) validate(i int) error {
	invalid := func(where, problem, hint string) error {
		return cli.Usage(fmt.Sprintf("servers[%d].%s: %s", i, where, problem), hint)
	}
	r := &rule.Response
	switch {
	case rule.Host != "" && !validHost.MatchString(rule.Host):
		return invalid("host", "not a name below localhost", "write api.localhost")
	case rule.Path != "" && !strings.HasPrefix(rule.Path, "/"):
		return invalid("path", "it does not begin with /", "write /notes")
	case rule.Method != "" && !field.IsToken(rule.Method):
		return invalid("method", "not a method", "write GET")
	case !r.HangUp && rule.Forward == "" && (r.Status < 200 || r.Status > 599):
		return invalid("response.status", "not a status from 200 to 599", "write 200")
	case len(r.Header) > maxHeaders:
		return tooMany(fmt.Sprintf("servers[%d].response.header", i), maxHeaders)
	}
	for _, line := range r.Header {
		name, value, ok := strings.Cut(line, ": ")
		why := unusable[strings.ToLower(name)]
		switch {
		case !ok || !field.IsToken(name):
			return invalid("response.header", "a line is not Name: value", "write one such as Vary: Origin")
		case !field.ValidValue(value):
			return invalid("response.header", "the value of "+name+" has a line break or a zero byte in it", "write one header to each line")
		case why != "":
			return invalid("response.header", name+" can't be set: "+why, "remove the line")
		}
	}
	if rule.Forward != "" {
		u, err := url.Parse(rule.Forward)
		if err != nil || u.Scheme != "http" || !validHost.MatchString(u.Host) || rule.Host == "" || rule.Path == "" {
			return invalid("forward", "a reverse proxy needs host, path, and the origin of a name below localhost",
				`write "host": "app.localhost", "path": "/api", "forward": "http://api.localhost"`)
		}
	}
	if rule.Policy == "" {
		return nil
	}
	_, err := policyfile.Load(PolicyName, []byte(rule.Policy))
	if problems := (*policyfile.Errors)(nil); errors.As(err, &problems) {
		return &PolicyError{i, problems.Problems}
	}
	return err
}
