package corstest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/concors/concors/origin"
)

// ForeignOriginsStayOut tries origins that are not among the allowed ones: those
// that a sloppy comparison takes for an allowed one (other schemes, ports and
// hosts that contain, precede, extend or resemble it), "null", and some drawn at
// random. A page on none of them may read a GET of the site's URL, or send it a
// PUT.
//
// Allowed are patterns as [origin.ParsePattern] takes them, and "null"; what
// they let in is not tried. The same allowed origins are tried against the same
// foreign ones every time; a failure prints the seed. An allowed origin that is
// no pattern, or "*", ends the test.
func ForeignOriginsStayOut(tb testing.TB, site *Site, allowed []string) {
	tb.Helper()
	within, err := parsePatterns(allowed)
	if err == nil && within.any {
		err = errors.New("* lets everybody in, and nobody is foreign")
	}
	if err != nil {
		tb.Fatalf("corstest: the allowed origins: %v", err)
	}
	seed := seedOf(allowed)
	foreign := within.foreign(seed, foreignDrawn)
	site = site.WithTB(tb)
	own, _ := origin.FromURL(site.base)
	var in []string
	var first *Outcome
	for _, o := range foreign {
		if o == own.String() {
			continue // a page may always read its own origin
		}
		page := site.From(o)
		var methods []string
		for _, method := range []string{"GET", "PUT"} {
			outcome := page.Fetch(method, "")
			if slices.ContainsFunc(outcome.Results, func(r Result) bool { return letIn(&r, method) }) {
				methods = append(methods, method)
				if first == nil {
					first = outcome
				}
			}
		}
		if len(methods) > 0 {
			in = append(in, strings.Join(methods, " and ")+" from "+o)
		}
	}
	if first == nil {
		return
	}
	t := &teller{}
	t.line(0, fmt.Sprintf("%d of %d foreign origins were let in (seed %#016x):", len(in), len(foreign), seed))
	for i, line := range in {
		if i == 20 {
			t.line(2, fmt.Sprintf("(and %d more)", len(in)-i))
			break
		}
		t.line(2, line)
	}
	for i := range first.Results {
		if r := &first.Results[i]; letIn(r, first.request.Method) {
			t.line(0, "the first of them, in "+r.Profile.Name+": "+r.got())
			t.line(0, first.refusal(r))
			t.story(r.Trace, nil)
			break
		}
	}
	tb.Errorf("corstest: %s", t.String())
}

// letIn reports whether a page got what it should not: the answer, or, where a
// preflight stands before it, the request through to the server.
func letIn(r *Result, method string) bool {
	return r.readable() || method != "GET" && r.actual() != nil
}

// foreignDrawn is how many foreign origins are drawn at random.
const foreignDrawn = 150

func seedOf(allowed []string) uint64 {
	h := fnv.New64a()
	for _, s := range allowed {
		h.Write([]byte(s + "\n"))
	}
	return h.Sum64()
}

// patterns are allowed origins.
type patterns struct {
	texts []string // but "*" and "null"
	set   *origin.Set
	any   bool
	null  bool
}

func parsePatterns(texts []string) (*patterns, error) {
	p := &patterns{set: origin.NewSet()}
	for _, s := range texts {
		if s == "null" {
			p.null = true
			continue
		}
		pattern, err := origin.ParsePattern(s)
		if err != nil {
			return nil, err
		}
		if pattern.Any() {
			p.any = true
			continue
		}
		p.set.Add(pattern)
		p.texts = append(p.texts, s)
	}
	return p, nil
}

func (p *patterns) match(o string) bool {
	if o == "null" {
		return p.null || p.any
	}
	_, ok := p.set.Match(o)
	return ok || p.any
}

// samples are origins that a pattern lets in and a page can have, at least one
// if there are any.
func samples(pattern string) []string {
	scheme, rest, _ := strings.Cut(pattern, "://")
	host, port := splitPort(rest)
	hosts := []string{host}
	switch {
	case strings.HasPrefix(host, "*."):
		hosts = []string{"app" + host[1:], "a.b" + host[1:]}
	case strings.Contains(host, "*"):
		hosts = []string{strings.Replace(host, "*", "1", 1), strings.Replace(host, "*", "app-2", 1)}
	}
	ports := []string{port}
	switch {
	case port == "*":
		ports = []string{"", "8123"}
	case strings.HasPrefix(port, "["):
		ports = strings.FieldsFunc(port, func(r rune) bool { return strings.ContainsRune("[],-", r) })
	}
	var out []string
	for _, h := range hosts {
		for _, p := range ports {
			if p != "" {
				p = ":" + p
			}
			if o := scheme + "://" + h + p; isPageOrigin(o) {
				out = append(out, o)
			}
		}
	}
	return out
}

// splitPort splits what follows the scheme of a pattern or an origin.
func splitPort(rest string) (host, port string) {
	from := 0
	if strings.HasPrefix(rest, "[") {
		from = max(strings.IndexByte(rest, ']'), 0)
	}
	if i := strings.IndexByte(rest[from:], ':'); i >= 0 {
		return rest[:from+i], rest[from+i+1:]
	}
	return rest, ""
}

// isPageOrigin reports whether a page that a browser loads over HTTP can have
// the origin.
func isPageOrigin(s string) bool {
	o, err := origin.Parse(s)
	return err == nil && !o.IsOpaque() && (o.Scheme() == "http" || o.Scheme() == "https")
}

// foreign returns origins of pages that no pattern lets in: near misses of those
// that one does, null, and some drawn at random.
func (p *patterns) foreign(seed uint64, drawn int) []string {
	random := rand.New(rand.NewPCG(seed, 0))
	var near []string
	var all []string
	for _, text := range p.texts {
		all = append(all, samples(text)...)
		if len(all) >= maxSamples {
			all = all[:maxSamples]
			break
		}
	}
	for i, o := range all {
		near = append(near, nearMisses(o, all[(i+1)%len(all)])...)
	}
	for _, text := range p.texts[:min(len(p.texts), maxSamples)] {
		near = append(near, besidePattern(text)...)
	}
	for range drawn {
		if len(all) > 0 && random.IntN(2) == 0 {
			near = append(near, mutate(random, all[random.IntN(len(all))]))
			continue
		}
		near = append(near, draw(random))
	}
	near = append(near, "null")
	seen := map[string]bool{}
	return slices.DeleteFunc(near, func(o string) bool {
		out := seen[o] || p.match(o) || o != "null" && !isPageOrigin(o)
		seen[o] = true
		return out
	})
}

// maxSamples bounds how many allowed origins are tried, of which there may be a
// million.
const maxSamples = 16

// nearMisses are origins that look like o. Some are no origins, and some may be
// allowed all the same: the caller looks.
func nearMisses(o, another string) []string {
	scheme, rest, _ := strings.Cut(o, "://")
	host, port := splitPort(rest)
	number, _ := strconv.Atoi(port)
	if port != "" {
		port = ":" + port
	}
	_, other, _ := strings.Cut(another, "://")
	otherHost, _ := splitPort(other)
	var out []string
	add := func(scheme, host, port string) { out = append(out, scheme+"://"+host+port) }

	// Other schemes and ports.
	add(map[string]string{"https": "http", "http": "https"}[scheme], host, port)
	add(scheme, host, "")
	for _, p := range []string{":8443", ":80", ":1", ":65535"} {
		add(scheme, host, p)
	}
	if number != 0 {
		for _, n := range []int{number + 1, number - 1, number * 10, number / 10} {
			add(scheme, host, ":"+strconv.Itoa(n))
		}
	}
	// Hosts that begin or end as the allowed one.
	for _, after := range []string{".", ".evil.example", "evil.example", "-evil.example", "_.evil.example", "!.evil.example", "`.evil.example", "'.evil.example", ",.evil.example", "m", ".example"} {
		add(scheme, host+after, port)
	}
	for _, before := range []string{"evil.", "evil-", "evil", "x.y.", "_", "evil.example.", "https.", "www."} {
		add(scheme, before+host, port)
	}
	add(scheme, host+"."+host, port)
	add(scheme, host+"."+otherHost, port)
	add(scheme, host+otherHost, port)
	add(scheme, host+"-"+otherHost, port)
	// Parts of it, and neighbours.
	if label, parent, ok := strings.Cut(host, "."); ok {
		add(scheme, parent, port)
		add(scheme, "evil."+parent, port)
		add(scheme, "evil"+parent, port)
		add(scheme, label, port)
		add(scheme, label+"."+label+"."+parent, port)
	}
	if len(host) > 1 {
		add(scheme, host[:len(host)-1], port)
		add(scheme, host[1:], port)
	}
	// What a dot in a regular expression lets through.
	for i := range len(host) {
		if host[i] == '.' {
			add(scheme, host[:i]+"x"+host[i+1:], port)
			add(scheme, host[:i]+"-"+host[i+1:], port)
			add(scheme, host[:i]+host[i+1:], port)
		}
	}
	return out
}

// besidePattern are origins that a pattern's star must not reach.
func besidePattern(pattern string) []string {
	scheme, rest, _ := strings.Cut(pattern, "://")
	host, _ := splitPort(rest)
	before, after, ok := strings.Cut(host, "*")
	if !ok {
		return nil
	}
	var out []string
	for _, star := range []string{"", "a.b", "a.", ".a", "evil.example.", "evil.example", "a-", "-", "a.evil"} {
		out = append(out, scheme+"://"+before+star+after)
	}
	return append(out,
		scheme+"://"+strings.TrimPrefix(after, "."),
		scheme+"://evil"+strings.TrimPrefix(after, "."),
		scheme+"://"+before+"a"+after+".evil.example",
		scheme+"://evil.example"+before+"a"+after,
	)
}

const hostBytes = "abcdefghijklmnopqrstuvwxyz0123456789-."

// mutate changes one or two bytes of an origin's host.
func mutate(random *rand.Rand, o string) string {
	scheme, rest, _ := strings.Cut(o, "://")
	b := []byte(rest)
	for range 1 + random.IntN(2) {
		i := random.IntN(len(b))
		c := hostBytes[random.IntN(len(hostBytes))]
		switch random.IntN(3) {
		case 0:
			b[i] = c
		case 1:
			b = slices.Insert(b, i, c)
		default:
			if len(b) > 1 {
				b = slices.Delete(b, i, i+1)
			}
		}
	}
	return scheme + "://" + string(b)
}

// draw is an origin that has nothing to do with any other.
func draw(random *rand.Rand) string {
	label := func() string {
		b := make([]byte, 1+random.IntN(12))
		for i := range b {
			b[i] = hostBytes[random.IntN(26)]
		}
		return string(b)
	}
	o := []string{"https://", "http://"}[random.IntN(2)] + label()
	for range random.IntN(3) {
		o += "." + label()
	}
	if random.IntN(4) == 0 {
		o += ":" + strconv.Itoa(1024+random.IntN(60000))
	}
	return o
}
