// Package field reads HTTP header field values the way the Fetch standard and HTTP do.
//
// A header may arrive as several lines of the same name. Two readings of such lines exist, and
// they differ on purpose. The tolerant one joins the lines with ", " and splits the result at
// commas, minding quoted strings ([Get], [GetDecodeSplit]); it never fails, and browsers use it for
// headers the web has long got wrong, such as Content-Type. The strict one parses each line by the
// header's grammar ([ExtractTokens], [DeltaSeconds]); one bad byte fails the whole, which is what
// makes a typing error in Access-Control-Allow-Headers block a request that did not need the
// mistyped name.
//
// A function that reads a whole header takes its lines, in order and without its name: what
// net/http.Header holds for a canonical key. No lines means that the header is absent, which is
// not the same as a header with an empty value.
//
// Strings hold bytes: a value is never assumed to be UTF-8, and what is returned is a part of what
// was given, so most functions allocate nothing or only the slice they return. All of them take
// time linear in their input and are safe for concurrent use.
package field
