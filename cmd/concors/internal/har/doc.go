// Package har explains a recording of a browser's network panel, an HTTP Archive
// (http://www.softwareishard.com/blog/har-12-spec/): which requests to other
// origins were blocked, why, and what would fix it.
//
// [Read] reads the file entry by entry and pairs preflights and redirects with the
// request that they belong to. It then repeats each request with package fetch, by
// the rules of the browser that made the recording. The responses come from the
// recording; nothing is sent to a server. The result is a [Report]: plain data.
// [Report.WriteText] presents it at 80 columns, [Report.WriteJSON] writes it for
// programs.
//
// A recording does not hold everything. It never says whether a request was made
// with credentials, and browsers omit cookies from it on purpose. Where the
// recording shows nothing, a request is judged both ways, and the report says where
// the two differ. Where no response was recorded, the report says so, and which
// command sends the request to the server.
//
// Files may be large: bodies are skipped as they are read, and at most a few
// hundred entries are held at a time.
package har
