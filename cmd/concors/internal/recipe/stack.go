package recipe

import (
	"io/fs"
	"slices"
	"text/template"
)

// A Stack is a server or framework, with what is needed to write recipes for it.
// Each is declared in a folder of package stacks.
type Stack struct {
	Name  string `json:"name"`  // what --for takes, in lower case
	Title string `json:"title"` // its name in text

	// Aliases are other names that --for takes, such as the name of a library.
	Aliases []string `json:"aliases,omitempty"`

	// Verified is the version that the module integration tests against the recipes,
	// or "" if the recipes were never tested on a running server.
	Verified string `json:"verified,omitempty"`

	// Comment starts a comment line in the recipe's files, such as "# ".
	Comment string `json:"-"`

	// Templates has one template per file of the recipe, NAME.tmpl. They are executed
	// with a [Plan], or with an [AliasPlan] or a [SecretPlan] if the stack is for those.
	Templates fs.FS `json:"-"`

	// TypeScript means that the templates of a route with a secret write types too.
	TypeScript bool `json:"-"`

	// Functions are functions for these templates only.
	Functions template.FuncMap `json:"-"`

	// Limits are what the server can't do.
	Limits []Limit `json:"-"`

	// AlwaysAllows are request headers, in lower case, that the product allows even if a
	// policy does not list them. Such a policy is refused.
	AlwaysAllows []string `json:"-"`

	// AnyRoute means that routes by method and by host can be written, unless Limits
	// say otherwise. All other stacks have routes by path only.
	AnyRoute bool `json:"-"`

	// Ranges means that the templates write the regular expressions of all patterns, so
	// that ranges of origins can be written. SomeCredentials means that they write
	// credentials for some origins only.
	Ranges, SomeCredentials bool `json:"-"`

	// UsesPackageCors means that the recipe calls package cors, which has no limits.
	UsesPackageCors bool `json:"-"`

	// Where says in one sentence where the lines of a short form go. Only short forms
	// have it: their only template writes the product's usual options, see [Lines].
	Where string `json:"-"`

	// Usual is the stack's short form, if a policy that it holds exactly has a recipe that
	// is little more: UsualTemplates, with its lines as .Lines, in place of Templates.
	Usual          *Stack `json:"-"`
	UsualTemplates fs.FS  `json:"-"`

	// Replaces means that the lines of the short form also remove the CORS headers that the
	// application behind the server sends.
	Replaces bool `json:"-"`

	// Defaults are what the product allows without options, if that is what most pages need.
	// Lines that need not hold a policy exactly, as those of [WriteBrief], are without them.
	Defaults *Defaults `json:"-"`

	// OnErrors is the format of a line that sends Access-Control-Allow-Origin with %s in
	// error responses too, if the server's usual line does not.
	OnErrors string `json:"-"`

	// Signatures say how responses of this server can be recognized.
	Signatures []Signature `json:"-"`
}

// Defaults are the methods, besides GET, HEAD and POST, and the request headers that a
// product allows if no option says which. "*" is any. Of an empty list, the option is always
// written; [NoOthers] is for methods that need no permission, and no others.
type Defaults struct{ Methods, Headers []string }

var (
	// AnyName is for methods or headers that are not restricted.
	AnyName = []string{"*"}
	// NoOthers is for a product that allows GET, HEAD and POST.
	NoOthers = []string{"GET", "HEAD", "POST"}
	// UsualDefaults are those of the npm package cors, and of many that are like it.
	UsualDefaults = &Defaults{Methods: []string{"PUT", "PATCH", "DELETE"}, Headers: AnyName}
)

// A Signature says how responses of a product can be recognized: by a word in a
// header that names software (Server, Via, X-Powered-By), or by a header that only
// this product sends.
type Signature struct {
	Product string // its name in text
	Word    string // in lower case, at the beginning of the value or after a space
	Header  string // in place of Word; or with it, if the header's whole value is Word
	// Cookie, with the Header Set-Cookie, is the name of the cookie, or the end of it after
	// a *; its value begins with CookieValue.
	Cookie, CookieValue string
	// On is the product that this one runs on, whose own signature then says nothing more.
	On string
	// Runs says which applications the product runs, and the flags for those that have a
	// stack, if it does not tell which one it is. It is a sentence.
	Runs  string
	Proxy bool // it usually stands in front of an application
	Edge  bool // a proxy that usually stands in front of other proxies, as a CDN does
}

// CommentLine returns a line of text as a comment in the stack's files.
func (s Stack) CommentLine(text string) string { return s.Comment + text }

// Cannot returns what the stack can't do, one sentence without a full stop for each:
// what policies are refused for, and what is lost.
func (s Stack) Cannot() (refused, lost []string) {
	for _, l := range s.limits() {
		if l.refuses != nil {
			if !slices.Contains(refused, l.sentence) { // several fields may have one
				refused = append(refused, l.sentence)
			}
		} else {
			lost = append(lost, l.sentence)
		}
	}
	return refused, lost
}

// Folder returns a folder of embedded templates.
func Folder(templates fs.FS, name string) fs.FS {
	folder, err := fs.Sub(templates, name)
	if err != nil {
		panic(err) // the name is invalid
	}
	return folder
}
