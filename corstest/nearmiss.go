package corstest

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// nearMisses returns origins that resemble the allowed origin o. other is another
// allowed origin, or o. Some results are not valid origins, and some may be
// allowed: the caller checks both.
func nearMisses(o, other string) (all []string) {
	scheme, rest, _ := strings.Cut(o, "://")
	host, port := splitPort(rest)
	_, otherRest, _ := strings.Cut(other, "://")
	otherHost, _ := splitPort(otherRest)

	all = otherSchemesAndPorts(scheme, host, port)
	if port != "" {
		port = ":" + port
	}
	for _, h := range slices.Concat(extendedHosts(host, otherHost), partialHosts(host), hostsWithoutDots(host)) {
		all = append(all, scheme+"://"+h+port)
	}
	return all
}

// otherSchemesAndPorts returns origins with the allowed host, and another scheme or
// port.
func otherSchemesAndPorts(scheme, host, port string) (all []string) {
	otherScheme := map[string]string{"https": "http", "http": "https"}[scheme]
	samePort := port
	if port != "" {
		samePort = ":" + port
	}
	all = append(all, otherScheme+"://"+host+samePort)
	for _, p := range []string{"", ":8443", ":80", ":1", ":65535"} {
		all = append(all, scheme+"://"+host+p)
	}
	if number, _ := strconv.Atoi(port); number != 0 {
		for _, n := range []int{number + 1, number - 1, number * 10, number / 10} {
			all = append(all, scheme+"://"+host+":"+strconv.Itoa(n))
		}
	}
	return all
}

// extendedHosts begin or end with the allowed host.
func extendedHosts(host, otherHost string) (all []string) {
	for _, after := range []string{
		".", ".evil.example", "evil.example", "-evil.example", "_.evil.example", "!.evil.example", "`.evil.example",
		"'.evil.example", ",.evil.example", "m", ".example",
	} {
		all = append(all, host+after)
	}
	for _, before := range []string{"evil.", "evil-", "evil", "x.y.", "_", "evil.example.", "https.", "www."} {
		all = append(all, before+host)
	}
	return append(all, host+"."+host, host+"."+otherHost, host+otherHost, host+"-"+otherHost)
}

// partialHosts have a part of the allowed host, or are its siblings.
func partialHosts(host string) (all []string) {
	if label, parent, ok := strings.Cut(host, "."); ok {
		all = append(all, parent, "evil."+parent, "evil"+parent, label, label+"."+label+"."+parent)
	}
	if len(host) > 1 {
		all = append(all, host[:len(host)-1], host[1:])
	}
	return all
}

// hostsWithoutDots have something else instead of a dot, which an unescaped dot in
// a regular expression matches.
func hostsWithoutDots(host string) (all []string) {
	for i := range len(host) {
		if host[i] == '.' {
			all = append(all, host[:i]+"x"+host[i+1:], host[:i]+"-"+host[i+1:], host[:i]+host[i+1:])
		}
	}
	return all
}

// patternNearMisses returns origins that a pattern's wildcard must not match.
func patternNearMisses(pattern string) (all []string) {
	scheme, rest, _ := strings.Cut(pattern, "://")
	host, _ := splitPort(rest)
	before, after, ok := strings.Cut(host, "*")
	if !ok {
		return nil
	}
	for _, matched := range []string{"", "a.b", "a.", ".a", "evil.example.", "evil.example", "a-", "-", "a.evil"} {
		all = append(all, scheme+"://"+before+matched+after)
	}
	return append(all,
		scheme+"://"+strings.TrimPrefix(after, "."),
		scheme+"://evil"+strings.TrimPrefix(after, "."),
		scheme+"://"+before+"a"+after+".evil.example",
		scheme+"://evil.example"+before+"a"+after,
	)
}

// invalidOrigins returns values that are not origins, but begin or end like the
// allowed origin o.
func invalidOrigins(o string) (all []string) {
	scheme, rest, _ := strings.Cut(o, "://")
	host, _ := splitPort(rest)
	end := rest // where a pattern may begin to compare
	if _, parent, ok := strings.Cut(host, "."); ok {
		end = "." + parent + strings.TrimPrefix(rest, host)
	}
	for _, before := range []string{
		"https://evil.example/", "https://evil.example#", "https://evil.example?", "https://evil.example\\",
		scheme + "://user@", scheme + "://.", scheme + "://a b", scheme + "://evil.example:80", scheme + "://",
	} {
		all = append(all, before+end)
	}
	for _, spelling := range otherSpellings(host) {
		all = append(all, scheme+"://"+spelling+strings.TrimPrefix(rest, host))
	}
	return append(all,
		o+"/", o+"/evil", o+"?", o+"#", o+":443", o+":", o+":0", o+"@evil.example", o+",https://evil.example",
		o+" https://evil.example", o+"\\.evil.example", o+"%00.evil.example", o+".evil.example/",
		"https://evil.example,"+o, "https://evil.example "+o, scheme+"://user@"+rest, scheme+":"+rest, rest, " "+o, o+"\t", scheme+":///"+rest,
	)
}

const hostBytes = "abcdefghijklmnopqrstuvwxyz0123456789-."

// mutate changes one or two bytes of an origin's host or port.
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

// randomOrigin returns an origin with random labels, and sometimes a port.
func randomOrigin(random *rand.Rand) string {
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
