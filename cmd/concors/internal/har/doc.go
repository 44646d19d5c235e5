// Package har explains a recording of a browser's network panel, an HTTP Archive
// (http://www.softwareishard.com/blog/har-12-spec/): which requests to other
// origins were blocked, why, and what would lift it.
//
// [Read] walks the file entry by entry, pairs preflights and redirects with the
// request that they belong to, and makes each such request again with package
// fetch, as the browser that made the recording: only that the answers come from
// the recording and not from a server. What comes of it is a [Report]: plain
// data. [Report.WriteText] tells it at 80 columns, [Report.WriteJSON] writes it
// for programs.
//
// A recording does not hold everything. It never says whether a request was made
// with credentials, and browsers leave cookies out of it on purpose; so where
// nothing shows it a request is judged both ways, and where the two differ the
// report says so. Where no answer was recorded it says that, and which command
// asks the server.
//
// Files may be large: bodies are skipped as they are read, and at most a few
// hundred entries are held at a time.
package har
