package console

import (
	"regexp"
	"slices"
	"strings"
)

// A webkitKind is what one of WebKit's lines about a blocked fetch says. It prints up to
// three, which may be mixed with those of other fetches:
//
//	Origin https://a.example is not allowed by Access-Control-Allow-Origin. Status code: 200
//	Fetch API cannot load https://b.example/list due to access control checks.
//	Failed to load resource: Origin https://a.example is not allowed by … (list, line 0)
type webkitKind uint8

const (
	notWebKit   webkitKind = iota
	webkitWhy              // the reason, without the URL
	webkitURL              // the URL, without the reason
	webkitAgain            // the reason again, with the last part of the URL
	webkitOther
)

// webkitKindOf says which of them a logical line is.
func (t *text) webkitKindOf(l *logical) webkitKind {
	if l.reasons == nil || !slices.ContainsFunc(l.reasons.rows, func(r *row) bool { return r.browser == webkit }) {
		return notWebKit
	}
	r := l.reasons.rows[0]
	switch {
	case len(r.later) > manyReasons:
		return webkitURL
	case strings.HasPrefix(t.squeezed[l.start:], failedToLoad):
		return webkitAgain
	case len(r.first) > 0:
		return webkitWhy
	}
	return webkitOther
}

// groupWebKit puts the lines of each fetch next to each other, in runs of WebKit's lines
// in which it is clear which belong together. Both results are for the lines in their
// new order: begins says which ones begin a message, and joined, which ones belong to it.
func (t *text) groupWebKit(lines []*logical) (out []*logical, begins, joined []bool) {
	out = lines
	begins, joined = make([]bool, len(lines)), make([]bool, len(lines))
	for from := 0; from < len(lines); {
		if t.webkitKindOf(lines[from]) == notWebKit {
			from++
			continue
		}
		to := from
		for to < len(lines) && (lines[to].topic != nil || t.webkitKindOf(lines[to]) != notWebKit) {
			to++
		}
		if groups := t.webkitGroups(lines[from:to]); groups != nil {
			if &out[0] == &lines[0] {
				out = slices.Clone(lines)
			}
			i := from
			for _, group := range groups {
				for n, l := range group {
					out[i], begins[i], joined[i] = l, n == 0, n > 0
					i++
				}
			}
		}
		from = to
	}
	return out, begins, joined
}

// webkitName matches the last part of the URL behind a line, as Safari prints it.
var webkitName = regexp.MustCompile(`^[\s.]*\(([^()\n]{1,200}), line \d+\)`)

// webkitGroups divides a run into the lines of each fetch. Each has exactly one line with
// a URL. Lines that say the same reason, and the name that Safari adds, tell which
// belong together; what is left belongs together by its order. It returns nil if that
// is not clear. Every other line of the run is a group of its own.
func (t *text) webkitGroups(run []*logical) [][]*logical {
	var urls, whys, agains, others []*logical
	for _, l := range run {
		switch t.webkitKindOf(l) {
		case webkitURL:
			urls = append(urls, l)
		case webkitWhy:
			whys = append(whys, l)
		case webkitAgain:
			agains = append(agains, l)
		case notWebKit:
			others = append(others, l)
		default:
			return nil
		}
	}
	if len(urls) == 0 || len(whys) > len(urls) || len(agains) > len(urls) || len(whys)+len(agains) == 0 {
		return nil
	}
	again, ok := t.pairNames(urls, agains)
	if !ok {
		return nil
	}
	// The reason of a line that says it again is known. The other reasons are in order.
	why := make([]*logical, len(urls))
	byText := map[string][]*logical{}
	for _, l := range whys {
		s := t.squeezed[l.start:l.end]
		byText[s] = append(byText[s], l)
	}
	used := map[*logical]bool{}
	for i, l := range again {
		if l == nil {
			continue
		}
		s := strings.TrimPrefix(t.squeezed[l.start:l.end], failedToLoad)
		if same := byText[s]; len(same) > 0 {
			why[i], used[same[0]], byText[s] = same[0], true, same[1:]
		}
	}
	var leftWhys []*logical
	var leftURLs []int
	for _, l := range whys {
		if !used[l] {
			leftWhys = append(leftWhys, l)
		}
	}
	for i := range urls {
		if why[i] == nil && again[i] == nil {
			leftURLs = append(leftURLs, i)
		}
	}
	if len(leftWhys) > 0 && len(leftWhys) != len(leftURLs) {
		return nil
	}
	for i, l := range leftWhys {
		why[leftURLs[i]] = l
	}
	var groups [][]*logical
	for i, u := range urls {
		var group []*logical
		for _, l := range []*logical{why[i], again[i], u} {
			if l != nil {
				group = append(group, l)
			}
		}
		if why[i] != nil && again[i] != nil {
			group[1], group[2] = u, again[i]
		}
		groups = append(groups, group)
	}
	for _, l := range others {
		groups = append(groups, []*logical{l})
	}
	slices.SortStableFunc(groups, func(a, b []*logical) int { return firstOf(a) - firstOf(b) })
	return groups
}

// firstOf returns where the first line of a group begins.
func firstOf(group []*logical) int {
	first := group[0].start
	for _, l := range group {
		first = min(first, l.start)
	}
	return first
}

// pairNames returns, for each line with a URL, the line that ends with that URL's name;
// lines without a name are paired in their order, if there are as many of them.
func (t *text) pairNames(urls, agains []*logical) (again []*logical, ok bool) {
	again = make([]*logical, len(urls))
	byName := map[string][]int{}
	for i, l := range urls {
		name := lastPart(l.reasons.url())
		byName[name] = append(byName[name], i)
	}
	var left []*logical
	for _, l := range agains {
		after := int(t.at[l.end-1]) + 1
		m := webkitName.FindStringSubmatch(t.clean[after:min(len(t.clean), after+maxNumber)])
		if m == nil {
			left = append(left, l)
			continue
		}
		same := byName[m[1]]
		if len(same) == 0 {
			return nil, false // of another fetch
		}
		again[same[0]], byName[m[1]] = l, same[1:]
	}
	var free []int
	for i := range urls {
		if again[i] == nil {
			free = append(free, i)
		}
	}
	if len(left) > 0 && len(left) != len(free) {
		return nil, false
	}
	for i, l := range left {
		again[free[i]] = l
	}
	return again, true
}

// url returns the URL that a finding has.
func (f *finding) url() string {
	for _, values := range f.values {
		for _, name := range []string{"url", "wire", "first url"} {
			if u := values[name]; u != "" {
				return u
			}
		}
	}
	return ""
}

// lastPart returns what Safari calls a URL: the last part of its path, or its host.
func lastPart(u string) string {
	u, _, _ = strings.Cut(u, "#")
	u, _, _ = strings.Cut(u, "?")
	u = strings.TrimRight(u, "/")
	return u[strings.LastIndexByte(u, '/')+1:]
}
