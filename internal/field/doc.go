// Package field parses HTTP header field values as the Fetch standard and HTTP define them, and
// classifies methods and header names ([IsForbiddenRequestHeader], [IsCORSSafelistedMethod] …).
//
// A header may arrive as several lines with the same name. The standards read such lines in one of
// two ways, depending on the header:
//
//   - The tolerant way joins the lines with ", " and splits the result at commas outside quoted
//     strings ([Get], [GetDecodeSplit]). It never fails. Browsers use it for headers that are often
//     malformed on the web, such as Content-Type.
//   - The strict way parses each line by the header's grammar ([ExtractTokens], [DeltaSeconds]). One
//     bad byte invalidates the whole header. This is why a typing error in
//     Access-Control-Allow-Headers also blocks requests that do not use the mistyped name.
//
// A function that reads a whole header takes the header's values in order, one per line, as
// net/http.Header holds them. An empty slice means that the header is absent, which differs from a
// header with an empty value.
//
// Strings hold bytes: no value is assumed to be UTF-8. Results are substrings of the arguments where
// possible, so most functions allocate nothing or only the slice they return. All functions take
// time linear in their input and are safe for concurrent use.
package field
