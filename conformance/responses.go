package conformance

import (
	"fmt"
	"strconv"
)

// responseCases are the handwritten cases about responses: opaque response blocking, 421,
// lifetimes of preflights, and how URLs are written.
func responseCases() (cases []Case) {
	add := func(family string, steps ...Step) {
		id := 930001 + len(cases)
		for i := range steps {
			steps[i].Request.URL = "http://{b}/c/" + strconv.Itoa(id) + "/" + steps[i].Request.URL
		}
		cases = append(cases, Case{ID: id, Family: family, Page: Page{Host: "a"}, Steps: steps})
	}
	with := func(headers ...[2]string) [][2]string {
		return append([][2]string{{"Cache-Control", "no-store"}, {"Access-Control-Allow-Origin", "http://{a}"}}, headers...)
	}

	// Opaque response blocking: whole and partial responses.
	for _, body := range []struct {
		via, kind string
		types     []string
	}{
		{"img", "png", []string{"", "text/html", "text/plain", "image/png", "video/mp4", "application/x-unknown"}},
		{"script", "js", []string{"", "text/html", "text/plain", "application/x-unknown"}},
		{"script", "wav", []string{"", "text/plain", "application/json", "application/x-unknown"}},
		{"audio", "wav", []string{"", "text/plain", "video/mp4", "application/x-unknown"}},
	} {
		length := len(responseBody(930001, Response{BodyKind: body.kind}))
		for _, contentType := range body.types {
			for _, first := range []int{-1, 0, 5} { // -1 for the whole
				r := Response{BodyKind: body.kind, Headers: [][2]string{{"Cache-Control", "no-store"}}}
				if contentType != "" {
					r.Headers = append(r.Headers, [2]string{"Content-Type", contentType})
				}
				if first >= 0 {
					r.Status = 206
					r.Headers = append(r.Headers,
						[2]string{"Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, first+length-1, first+length)})
				}
				add("element", Step{Request: Request{Via: body.via, URL: "0"}, Hops: []Hop{{Actual: r}}})
			}
		}
	}

	// 421, which is sent again.
	misdirected := Response{Status: 421, Headers: with()}
	allowPUT := with([2]string{"Access-Control-Allow-Methods", "PUT"}, [2]string{"Access-Control-Allow-Headers", "x-a"})
	for _, q := range []Request{
		{Via: "fetch"},
		{Via: "fetch", Method: "POST", BodyKind: "string", Body: "hello"},
		{Via: "fetch", Method: "PUT", BodyKind: "bytes", Body: "hello"},
		{Via: "fetch", Mode: "no-cors", Credentials: "include"},
		{Via: "xhr"},
		{Via: "img"},
	} {
		q.URL = "0"
		add("cors", Step{Request: q, Hops: []Hop{{Preflight: Response{Status: 204, Headers: allowPUT}, Actual: misdirected}}})
	}
	add("cors", Step{Request: Request{Via: "fetch", URL: "0", Method: "PUT"},
		Hops: []Hop{{Preflight: Response{Status: 421, Headers: allowPUT}, Actual: Response{Headers: with()}}}})
	add("cors", Step{Request: Request{Via: "fetch", URL: "0"}, Hops: []Hop{
		{Actual: Response{Status: 302, Headers: with([2]string{"Location", "1"})}}, {Actual: misdirected}}})

	// A preflight that is not cached, after one that is.
	for _, age := range []string{"0", "00", "-1", "x"} {
		put := func(age, cache string) Step {
			headers := append(with(), allowPUT[2:]...)
			return Step{
				Request: Request{Via: "fetch", URL: "0", Method: "PUT", Cache: cache},
				Hops: []Hop{{Preflight: Response{Status: 204, Headers: append(headers, [2]string{"Access-Control-Max-Age", age})},
					Actual: Response{Headers: with()}}},
			}
		}
		first, other := put("100", ""), put(age, "")
		first.Hops[0].Preflight.Headers[3] = [2]string{"Access-Control-Allow-Headers", "x-b"}
		other.Request.Headers = [][2]string{{"x-a", "1"}}
		add("cache", first, other, put("100", ""))
		add("cache", put("100", ""), put(age, "reload"), put("100", ""))
	}

	// Percent-encoded bytes.
	for _, path := range []string{"%7c%e4%zz/0", "%7C/0", "0?a=%7c|%3d", "%5e^/0"} {
		add("cors", Step{Request: Request{Via: "fetch", URL: path}, Hops: []Hop{{Actual: Response{Headers: with()}}}})
	}
	add("cors", Step{Request: Request{Via: "xhr", URL: "%7c/0"}, Hops: []Hop{{Actual: Response{Headers: with()}}}})
	add("element", Step{Request: Request{Via: "img", URL: "%7c/0"}, Hops: []Hop{{Actual: Response{BodyKind: "png", Headers: with()}}}})
	add("cors", Step{Request: Request{Via: "fetch", URL: "0"}, Hops: []Hop{
		{Actual: Response{Status: 302, Headers: with([2]string{"Location", "%7c/1?b=%7c"})}}, {Actual: Response{Headers: with()}}}})
	add("cors", Step{Request: Request{Via: "fetch", URL: "%7c/0", Method: "PUT"},
		Hops: []Hop{{Preflight: Response{Status: 204, Headers: allowPUT}, Actual: Response{Headers: with()}}}})
	return cases
}
