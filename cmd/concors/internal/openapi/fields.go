package openapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/position"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// The fields of the objects that are read, in OpenAPI 3.0, 3.1 and 3.2.
// https://spec.openapis.org/oas/latest.html
var (
	rootFields = strings.Fields(`openapi $self info jsonSchemaDialect servers paths webhooks components security
		tags externalDocs`)
	componentsFields = strings.Fields(`schemas responses parameters examples requestBodies headers securitySchemes
		links callbacks pathItems mediaTypes`)
	serverFields   = strings.Fields(`url description variables name`)
	variableFields = strings.Fields(`enum default description`)
	pathItemFields = append(strings.Fields(`$ref summary description servers parameters additionalOperations`),
		methods...)
	operationFields = strings.Fields(`tags summary description externalDocs operationId parameters requestBody
		responses callbacks deprecated security servers`)
	headerFields = strings.Fields(`description required deprecated allowEmptyValue style explode allowReserved
		schema example examples content`)
	parameterFields   = append([]string{"name", "in"}, headerFields...)
	requestBodyFields = strings.Fields(`description content required`)
	mediaTypeFields   = strings.Fields(`schema itemSchema example examples encoding prefixEncoding itemEncoding`)
	responseFields    = strings.Fields(`summary description headers content links`)
	schemeFields      = strings.Fields(`type description name in scheme bearerFormat flows openIdConnectUrl
		oauth2MetadataUrl deprecated`)
)

// checkFields reports fields that an object cannot have: an error if a known one is
// probably meant, because what it says would be passed over, and else a warning.
func (r *reader) checkFields(v *position.Value, what string, known []string) {
	if v == nil || r.checked[v] {
		return
	}
	if r.checked == nil {
		r.checked = map[*position.Value]bool{}
	}
	r.checked[v] = true
	for _, f := range r.checkTwice(v, what) {
		if slices.Contains(known, f.Name) || strings.HasPrefix(f.Name, "x-") {
			continue
		}
		problem := fmt.Sprintf("unknown field %s in %s", term.Quote(f.Name), what)
		if meant := similar(f.Name, known); meant != "" {
			r.fail(f.At, problem, "write "+meant)
			continue
		}
		if what == "a path item" && f.Value.Kind == position.Map {
			r.fail(f.At, problem, "methods of its own have their place in additionalOperations; extensions begin with x-")
			continue
		}
		r.warn(f.At, problem+": it is not read")
	}
}

// checkTwice reports names that are there twice, and returns the fields without them.
// Readers of JSON differ in which of them they take.
func (r *reader) checkTwice(v *position.Value, what string) []position.Field {
	if r.checkedTwice == nil {
		r.checkedTwice = map[*position.Value]bool{}
	}
	checked := r.checkedTwice[v]
	r.checkedTwice[v] = true
	seen := make(map[string]bool, len(v.Fields))
	fields := make([]position.Field, 0, len(v.Fields))
	for _, f := range v.Fields {
		switch {
		case !seen[f.Name]:
			seen[f.Name] = true
			fields = append(fields, f)
		case !checked:
			r.fail(f.At, fmt.Sprintf("%s is in %s twice", term.Quote(f.Name), what), "remove one of them")
		}
	}
	return fields
}

// checkBesideRef warns of fields beside a $ref, which it replaces.
func (r *reader) checkBesideRef(v *position.Value, what string) {
	if f := v.Get("$ref"); f == nil || f.Value.Kind != position.String || what == "a path item" {
		return
	}
	for _, f := range v.Fields {
		switch {
		case f.Name == "$ref", f.Name == "summary", f.Name == "description", strings.HasPrefix(f.Name, "x-"):
		default:
			r.warn(f.At, fmt.Sprintf("the field %s beside a $ref is not read", term.Quote(f.Name)))
		}
	}
}

// similar returns the known name that a name is probably meant to be, "" for none.
func similar(name string, known []string) string {
	plain := func(s string) string {
		return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
	}
	if len(name) > 40 {
		return ""
	}
	for _, k := range known {
		if plain(k) == plain(name) {
			return k
		}
	}
	for _, k := range known {
		if most := min(len(k)/3, 2); len(k) > 2 && most > 0 && distance(plain(name), plain(k)) <= most {
			return k
		}
	}
	return ""
}

// distance returns how many letters must be added, removed, replaced or swapped with
// their neighbour to turn one name into another.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}

// oneOf reports a value that is not one of those that a field can have.
func (r *reader) oneOf(v *position.Value, field string, allowed ...string) bool {
	if slices.Contains(allowed, v.Text) {
		return true
	}
	repair := "write " + strings.Join(allowed[:len(allowed)-1], ", ") + " or " + allowed[len(allowed)-1]
	if meant := similar(v.Text, allowed); meant != "" {
		repair = "write " + meant
	}
	r.fail(v.Position, fmt.Sprintf("unknown value %s for %s", term.Quote(v.Text), field), repair)
	return false
}

func (r *reader) warn(at Place, message string) {
	p := Problem{Place: at, Message: message}
	switch {
	case r.reported[p]:
		return
	case len(r.document.Warnings) >= maxProblems:
		r.omittedWarnings++
		return
	case r.reported == nil:
		r.reported = map[Problem]bool{}
	}
	r.reported[p] = true
	r.document.Warnings = append(r.document.Warnings, p)
}
