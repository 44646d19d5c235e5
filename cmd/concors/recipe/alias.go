package recipe

// AliasOptions say which paths of a site are another server's.
type AliasOptions struct {
	Path string // "/api/": below it, on the page's own origin
	To   string // "https://api.example/v1/": where the requests go
}
