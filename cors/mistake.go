package cors

import (
	"strconv"
	"strings"

	"github.com/concors/concors/internal/entry"
	"github.com/concors/concors/internal/field"
)

// This file finds the commonest mistakes in the lists of methods and headers. package origin does the
// same for origins.

// entryFault returns the problem with a value of a list that can be seen without knowing methods and
// headers: several values in one, quotes, spaces, a placeholder, a word for a missing value. instead
// holds the values that were probably meant; valid reports whether one of them is.
func entryFault(value string, spaced func([]string) bool, valid func(string) bool) (problem, repair string, instead []string) {
	name, _, colon := strings.Cut(value, ":")
	name = strings.TrimSpace(name)
	if colon && field.IsToken(name) && !strings.ContainsAny(value, ",;\n") {
		problem, repair, instead = "a colon follows the name", "write the name only", []string{name}
	} else if m, ok := entry.Find(value, spaced); ok && (!field.IsToken(value) || isCertain(m.Kind, value)) {
		problem, repair = m.Problem, "write one value without spaces and quotes"
		switch m.Kind {
		case entry.Empty:
			repair = "set the value, or remove the entry"
		case entry.Placeholder:
			repair = "replace it before the policy is read"
		case entry.List:
			repair = "write each value in an entry of its own"
			if len(m.Values) == 0 {
				repair = "remove it"
			}
		}
		instead = m.Values
	} else if parts := strings.FieldsFunc(value, func(r rune) bool { return r == '|' || r == '/' }); len(parts) > 1 {
		problem, instead = "it holds "+strconv.Itoa(len(parts))+" values, and an entry is one value", parts
		repair = "write each value in an entry of its own"
	} else if problem, repair = wordProblem(value); problem != "" {
		return problem, repair, nil
	}
	for _, v := range instead {
		if !valid(v) {
			return problem, repair, nil
		}
	}
	if len(instead) > 0 {
		repair = entry.Sentence(instead)
	}
	return problem, repair, instead
}

// isCertain reports whether a value is a mistake although it is a token, which may contain some quotes and
// begin with $ or %.
func isCertain(k entry.Kind, value string) bool {
	return k == entry.Quoted || k == entry.Placeholder && (value[0] == '$' || value[0] == '%')
}

// wordProblem returns the problem with a word that programs print for a missing value, or that is a setting
// of other libraries.
func wordProblem(value string) (problem, repair string) {
	switch strings.ToLower(value) {
	case "undefined", "null", "nil", "none", "nan":
		return "programs print " + value + " for a missing value", "set the value, or remove the entry"
	case "true", "false":
		return value + " is a setting of other libraries", "list the names, or remove the entry"
	}
	return "", ""
}

// spacedMethods reports whether parts between spaces are methods.
func spacedMethods(parts []string) bool {
	for _, part := range parts {
		if part != "*" && (!field.IsToken(part) || part != strings.ToUpper(part)) {
			return false
		}
	}
	return true
}

// spacedNames reports whether parts between spaces are names of headers: one of them has a hyphen.
// Otherwise the spaces may stand for hyphens.
func spacedNames(parts []string) bool {
	hyphen := false
	for _, part := range parts {
		if !field.IsToken(part) {
			return false
		}
		hyphen = hyphen || strings.Contains(part, "-")
	}
	return hyphen
}

// onlyInRequests returns why a header in ExposedHeaders is a mistake: it is sent by clients only, so the
// two lists of headers were probably mixed up. It returns "" for every other header, also for those of
// requests that servers do send:
//
//   - Authorization: many services return a new token in it.
//   - Range: the registry protocol of container images returns how much of an upload has arrived.
//   - Accept and Accept-Encoding: RFC 9110 lets a response say what the server would accept.
//   - X-Requested-With, X-Forwarded-For and other names that no standard reserves for requests.
func onlyInRequests(lowerName string) string {
	switch lowerName {
	case "access-control-request-method", "access-control-request-headers",
		"access-control-request-private-network", "access-control-request-local-network":
		return "only a preflight has it"
	case "origin", "host", "referer", "user-agent", "te", "expect", "max-forwards", "upgrade-insecure-requests", "dnt":
		return "browsers send it, and servers do not"
	case "cookie", "cookie2":
		return "browsers send it, and never let scripts read it"
	case "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range":
		return "it is a condition of a request"
	case "accept-charset", "accept-language":
		return "it is a preference of a client"
	case "proxy-authorization":
		return "clients send it to proxies"
	}
	for _, prefix := range [...]string{"sec-fetch-", "sec-ch-", "sec-gpc", "sec-purpose"} {
		if strings.HasPrefix(lowerName, prefix) {
			return "browsers send it, and servers do not"
		}
	}
	return ""
}

// maxAgeInSeconds returns what was probably meant by an age that is too long: milliseconds, or the
// nanoseconds of a time.Duration.
func maxAgeInSeconds(age int) (seconds int, unit string) {
	switch n := int64(age); {
	case n >= 1e9 && n%1e9 == 0 && n/1e9 <= 1<<31-1:
		return int(n / 1e9), "nanoseconds, as a time.Duration has"
	case n >= 1e6 && n%1e3 == 0 && n/1e3 <= 86400:
		return int(n / 1e3), "milliseconds"
	}
	return 0, ""
}

// maxAgeRepair returns a repair for an age that is too long: otherwise, if it seems to be in seconds.
func maxAgeRepair(age int, otherwise string) string {
	if seconds, unit := maxAgeInSeconds(age); unit != "" {
		return "write " + strconv.Itoa(seconds) + " if these are " + unit
	}
	return otherwise
}
