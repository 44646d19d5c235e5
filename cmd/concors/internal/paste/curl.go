package paste

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/weburl"
)

// Curl reads a curl command: one that a person wrote for a POSIX shell, or one that
// a browser copied for Bash or for Windows' cmd. Options that only change how curl
// works or what it prints are skipped. An option that changes the request in a way
// that a page cannot is an error.
func Curl(text string) (*Pasted, error) {
	if err := acceptable(text); err != nil {
		return nil, err
	}
	if end := transcriptLine.FindStringIndex(text); end != nil && isCurl(text[:end[0]]) {
		text = text[:end[0]] // the rest is what curl -v printed
	}
	offset := len(text) - len(afterPrompt(text))
	words, piped, err := splitCommand(text, offset)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 || !isCurlName(words[0].text) {
		return nil, errorAt(text, min(offset, len(text)), "this is not a curl command", "begin it with curl")
	}
	c := &command{text: text}
	if err := c.arguments(words[1:]); err != nil {
		return nil, err
	}
	p, err := c.pasted()
	if err != nil {
		return nil, err
	}
	if piped {
		p.note("the commands after | are not run")
	}
	return p, nil
}

// prompt is what a shell prints before a command, with the user's and the folder's
// names that many have in it.
var prompt = regexp.MustCompile(`^(?:[^\n'"{}()]{0,200}?[$%#>❯➜»λ][ \t]+)?(?:sudo[ \t]+|time[ \t]+)?((?:[./\\\w-]*[/\\])?curl(?:\.exe)?(?:\s|$))`)

// afterPrompt skips blanks and a shell prompt before the command.
func afterPrompt(text string) string {
	rest := strings.TrimLeft(text, " \t\r\n\uFEFF")
	if m := prompt.FindStringSubmatchIndex(rest); m != nil {
		return rest[m[2]:]
	}
	return rest
}

func isCurl(text string) bool {
	name, _, _ := strings.Cut(afterPrompt(text), " ")
	name, _, _ = strings.Cut(name, "\n")
	return isCurlName(strings.TrimSpace(name))
}

func isCurlName(s string) bool {
	return strings.TrimSuffix(s[strings.LastIndexAny(s, `/\`)+1:], ".exe") == "curl"
}

// splitCommand splits the text from offset on into words.
func splitCommand(text string, offset int) (words []word, piped bool, err error) {
	text = blank(text[:offset]) + text[offset:] // so that positions stay right
	if isCmd(text) {
		words, err = cmdWords(text)
		return words, false, err
	}
	return shellWords(text)
}

// An option is one of curl's options.
type option struct {
	long   string
	short  byte
	valued bool   // it takes a value
	what   effect // what to do with it
	hint   string // what to do about a refused one
}

type effect int

const (
	used    effect = iota
	ignored        // it does not change the request
	refused        // a page cannot do it, or the text does not say enough
)

const noFiles = "concors reads no file here: write the body itself, with --data-raw"

// options are the options of curl 8 that people use for requests.
var options = []option{
	{"request", 'X', true, used, ""},
	{"header", 'H', true, used, ""},
	{"data", 'd', true, used, ""},
	{"data-ascii", 0, true, used, ""},
	{"data-binary", 0, true, used, ""},
	{"data-raw", 0, true, used, ""},
	{"data-urlencode", 0, true, used, ""},
	{"json", 0, true, used, ""},
	{"url-query", 0, true, used, ""},
	{"get", 'G', false, used, ""},
	{"head", 'I', false, used, ""},
	{"cookie", 'b', true, used, ""},
	{"user", 'u', true, used, ""},
	{"oauth2-bearer", 0, true, used, ""},
	{"user-agent", 'A', true, used, ""},
	{"referer", 'e', true, used, ""},
	{"range", 'r', true, used, ""},
	{"url", 0, true, used, ""},
	{"globoff", 'g', false, used, ""},
	{"insecure", 'k', false, used, ""},
	{"cacert", 0, true, used, ""},
	{"resolve", 0, true, used, ""},
	{"max-time", 'm', true, used, ""},

	{"location", 'L', false, ignored, ""}, // browsers follow redirects
	{"max-redirs", 0, true, ignored, ""},
	{"compressed", 0, false, ignored, ""},
	{"connect-timeout", 0, true, ignored, ""},
	{"retry", 0, true, ignored, ""},
	{"retry-delay", 0, true, ignored, ""},
	{"retry-max-time", 0, true, ignored, ""},
	{"retry-all-errors", 0, false, ignored, ""},
	{"retry-connrefused", 0, false, ignored, ""},
	{"output", 'o', true, ignored, ""},
	{"output-dir", 0, true, ignored, ""},
	{"remote-name", 'O', false, ignored, ""},
	{"remote-header-name", 'J', false, ignored, ""},
	{"create-dirs", 0, false, ignored, ""},
	{"cookie-jar", 'c', true, ignored, ""},
	{"junk-session-cookies", 'j', false, ignored, ""},
	{"dump-header", 'D', true, ignored, ""},
	{"stderr", 0, true, ignored, ""},
	{"write-out", 'w', true, ignored, ""},
	{"trace", 0, true, ignored, ""},
	{"trace-ascii", 0, true, ignored, ""},
	{"trace-time", 0, false, ignored, ""},
	{"include", 'i', false, ignored, ""},
	{"show-headers", 0, false, ignored, ""},
	{"verbose", 'v', false, ignored, ""},
	{"silent", 's', false, ignored, ""},
	{"show-error", 'S', false, ignored, ""},
	{"fail", 'f', false, ignored, ""},
	{"fail-with-body", 0, false, ignored, ""},
	{"progress-bar", '#', false, ignored, ""},
	{"progress-meter", 0, false, ignored, ""},
	{"no-buffer", 'N', false, ignored, ""},
	{"buffer", 0, false, ignored, ""},
	{"disable", 'q', false, ignored, ""},
	{"http1.0", '0', false, ignored, ""},
	{"http1.1", 0, false, ignored, ""},
	{"http2", 0, false, ignored, ""},
	{"http2-prior-knowledge", 0, false, ignored, ""},
	{"http3", 0, false, ignored, ""},
	{"http3-only", 0, false, ignored, ""},
	{"tlsv1", '1', false, ignored, ""},
	{"tlsv1.0", 0, false, ignored, ""},
	{"tlsv1.1", 0, false, ignored, ""},
	{"tlsv1.2", 0, false, ignored, ""},
	{"tlsv1.3", 0, false, ignored, ""},
	{"tls-max", 0, true, ignored, ""},
	{"ciphers", 0, true, ignored, ""},
	{"curves", 0, true, ignored, ""},
	{"alpn", 0, false, ignored, ""},
	{"ssl-no-revoke", 0, false, ignored, ""},
	{"ipv4", '4', false, ignored, ""},
	{"ipv6", '6', false, ignored, ""},
	{"keepalive", 0, false, ignored, ""},
	{"keepalive-time", 0, true, ignored, ""},
	{"tcp-nodelay", 0, false, ignored, ""},
	{"speed-limit", 'Y', true, ignored, ""},
	{"speed-time", 'y', true, ignored, ""},
	{"limit-rate", 0, true, ignored, ""},
	{"basic", 0, false, ignored, ""}, // the default for -u
	{"styled-output", 0, false, ignored, ""},
	{"path-as-is", 0, false, ignored, ""}, // browsers never do that
	{"location-trusted", 0, false, ignored, ""},
	{"post301", 0, false, ignored, ""},
	{"post302", 0, false, ignored, ""},
	{"post303", 0, false, ignored, ""},

	{"form", 'F', true, refused, "only a form's method and type matter to CORS: write -d x -H 'Content-Type: multipart/form-data; boundary=x' instead"},
	{"form-string", 0, true, refused, "only a form's method and type matter to CORS: write -d x -H 'Content-Type: multipart/form-data; boundary=x' instead"},
	{"upload-file", 'T', true, refused, "concors reads no file here: write -X PUT, and the body with --data-raw"},
	{"config", 'K', true, refused, "concors reads no file here: write its options out"},
	{"next", ':', false, refused, "paste one request at a time"},
	{"proxy", 'x', true, refused, "omit it, and set HTTPS_PROXY or HTTP_PROXY for concors"},
	{"connect-to", 0, true, refused, "write --resolve host:port:address"},
	{"unix-socket", 0, true, refused, "browsers do not connect to sockets: omit it"},
	{"interface", 0, true, refused, "omit it"},
	{"cert", 'E', true, refused, "client certificates are not supported: omit it; the server may then respond differently"},
	{"key", 0, true, refused, "client certificates are not supported: omit it; the server may then respond differently"},
	{"digest", 0, false, refused, "omit it and -u: the browser asks its user for the login, the page does not"},
	{"ntlm", 0, false, refused, "omit it and -u: the browser asks its user for the login, the page does not"},
	{"negotiate", 0, false, refused, "omit it and -u: the browser asks its user for the login, the page does not"},
	{"anyauth", 0, false, refused, "omit it and -u: the browser asks its user for the login, the page does not"},
	{"netrc", 'n', false, refused, "concors reads no file here: write -u user:password"},
	{"time-cond", 'z', true, refused, "write the header: -H 'If-Modified-Since: …'"},
	{"aws-sigv4", 0, true, refused, "write the headers that it creates, with -H"},
	{"request-target", 0, true, refused, "no browser sends such a target: omit it"},
}

// A command is a curl command's arguments.
type command struct {
	text string

	urls, query     []word
	method          string
	headers         []header
	emptied         []header // "-H 'Name:'": curl sends no header of that name
	data            []string
	hasData         bool
	json, get, head bool
	globOff         bool
	cookies         []string
	user, bearer    *string
	userAgent       string
	referer         string
	insecure        bool
	caCert          string
	resolve         []string
	timeout         time.Duration
}

func (c *command) arguments(words []word) error {
	for i := 0; i < len(words); i++ {
		w := words[i]
		value := func(name string, attached string) (word, error) {
			if attached != "" {
				return word{attached, w.at}, nil
			}
			if i++; i >= len(words) {
				return word{}, errorAt(c.text, w.at, name+" has no value",
					"check that the whole command was copied")
			}
			return words[i], nil
		}
		switch {
		case w.text == "--":
			c.urls = append(c.urls, words[i+1:]...)
			return nil
		case strings.HasPrefix(w.text, "--"):
			if err := c.long(w, value); err != nil {
				return err
			}
		case len(w.text) > 1 && w.text[0] == '-':
			if err := c.short(w, value); err != nil {
				return err
			}
		default:
			c.urls = append(c.urls, w)
		}
	}
	return nil
}

type valueOf func(name, attached string) (word, error)

func (c *command) long(w word, value valueOf) error {
	name := w.text[2:]
	find := func(name string) int {
		return slices.IndexFunc(options, func(o option) bool { return o.long == name })
	}
	i := find(name)
	if base, ok := strings.CutPrefix(name, "no-"); i < 0 && ok {
		// Every switch can be negated with --no-.
		if j := find(base); j >= 0 && !options[j].valued && options[j].what != used {
			return nil
		}
	}
	if i < 0 {
		return c.unknown(w, "--"+name)
	}
	return c.apply(w, "--"+name, options[i], "", value)
}

// short reads a word of short options, such as -sSLXPUT.
func (c *command) short(w word, value valueOf) error {
	for at := 1; at < len(w.text); at++ {
		name := "-" + w.text[at:at+1]
		i := slices.IndexFunc(options, func(o option) bool { return o.short == w.text[at] && o.short != 0 })
		if i < 0 {
			return c.unknown(w, name)
		}
		attached := ""
		if options[i].valued {
			attached = w.text[at+1:]
		}
		if err := c.apply(w, name, options[i], attached, value); err != nil {
			return err
		}
		if options[i].valued {
			return nil
		}
	}
	return nil
}

func (c *command) unknown(w word, name string) error {
	hint := "omit it if it does not change the request; otherwise see concors check --help for a flag that does the same"
	if before, after, ok := strings.Cut(name, "="); ok {
		hint = "curl takes a blank, not =: " + before + " '" + short(after) + "'"
	}
	return errorAt(c.text, w.at, "unknown curl option "+short(name), hint)
}

func (c *command) apply(w word, name string, o option, attached string, value valueOf) error {
	if o.what == refused {
		return errorAt(c.text, w.at, "curl option "+name+" is not supported", o.hint)
	}
	v := word{"", w.at}
	if o.valued {
		var err error
		if v, err = value(name, attached); err != nil {
			return err
		}
	}
	if o.what == ignored {
		return nil
	}
	return c.use(name, o.long, v)
}

func (c *command) use(name, long string, v word) error {
	file := strings.HasPrefix(v.text, "@")
	switch long {
	case "request":
		c.method = v.text
	case "header":
		return c.header(v)
	case "data", "data-ascii", "data-binary", "json":
		if file {
			return errorAt(c.text, v.at, name+" "+quote(v.text)+" names a file", noFiles)
		}
		c.json = c.json || long == "json"
		if long == "json" && len(c.data) > 0 {
			c.data[len(c.data)-1] += v.text // curl joins these without an &
		} else {
			c.data = append(c.data, v.text)
		}
		c.hasData = true
	case "data-raw":
		c.data, c.hasData = append(c.data, v.text), true
	case "data-urlencode", "url-query":
		encoded, err := c.urlencode(name, v)
		if err != nil {
			return err
		}
		if long == "url-query" {
			c.query = append(c.query, word{encoded, v.at})
		} else {
			c.data, c.hasData = append(c.data, encoded), true
		}
	case "get":
		c.get = true
	case "head":
		c.head = true
	case "cookie":
		if !strings.Contains(v.text, "=") {
			return errorAt(c.text, v.at, name+" "+quote(v.text)+" names a file",
				"concors reads no file here: write -b 'name=value'")
		}
		c.cookies = append(c.cookies, v.text)
	case "user":
		c.user = &v.text
	case "oauth2-bearer":
		c.bearer = &v.text
	case "user-agent":
		c.userAgent = v.text
	case "referer":
		c.referer = strings.TrimSuffix(v.text, ";auto")
	case "range":
		c.headers = append(c.headers, header{"Range", "bytes=" + v.text})
	case "url":
		c.urls = append(c.urls, v)
	case "globoff":
		c.globOff = true
	case "insecure":
		c.insecure = true
	case "cacert":
		c.caCert = v.text
	case "resolve":
		// curl accepts several addresses; the first is enough.
		first, _, _ := strings.Cut(strings.TrimPrefix(v.text, "+"), ",")
		c.resolve = append(c.resolve, first)
	case "max-time":
		seconds, err := strconv.ParseFloat(v.text, 64)
		if err != nil || seconds < 0 || seconds > 1e6 {
			return errorAt(c.text, v.at, name+" "+quote(v.text)+" is not a number of seconds",
				"write "+name+" 30")
		}
		c.timeout = time.Duration(seconds * float64(time.Second))
	}
	return nil
}

// header reads a value of -H: "Name: value"; "Name;" for an empty value; "Name:"
// to stop curl from adding that header itself.
func (c *command) header(v word) error {
	if strings.HasPrefix(v.text, "@") {
		return errorAt(c.text, v.at, "-H "+quote(v.text)+" names a file",
			"concors reads no file here: write -H 'Name: value'")
	}
	name, value, found := strings.Cut(v.text, ":")
	value = strings.Trim(value, " \t")
	switch {
	case found && value == "":
		c.emptied = append(c.emptied, header{name, ""})
		return nil
	case !found && strings.HasSuffix(name, ";"):
		name = strings.TrimSuffix(name, ";")
	case !found:
		return errorAt(c.text, v.at, "-H "+quote(v.text)+": a header has a colon between its name and its value",
			"write -H 'X-Name: value'")
	}
	c.headers = append(c.headers, header{name, value})
	return nil
}

// urlencode reads a value of --data-urlencode: content, =content or name=content.
func (c *command) urlencode(name string, v word) (string, error) {
	before, content, found := strings.Cut(v.text, "=")
	if !found {
		before, content = "", v.text
		if strings.Contains(v.text, "@") {
			return "", errorAt(c.text, v.at, name+" "+quote(v.text)+" names a file",
				"concors reads no file here: write name=content")
		}
	}
	encoded := strings.ReplaceAll(url.QueryEscape(content), "+", "%20")
	if before != "" {
		encoded = before + "=" + encoded
	}
	return encoded, nil
}

// pasted turns the command into a question.
func (c *command) pasted() (*Pasted, error) {
	p := &Pasted{}
	q := &p.Question
	target, err := c.target(p)
	if err != nil {
		return nil, err
	}
	q.URL = target
	q.Method, q.Insecure, q.CACert, q.Resolve, q.Timeout = c.method, c.insecure, c.caCert, c.resolve, c.timeout
	if q.CACert != "" {
		q.Insecure = false
	}
	list := c.headers
	copied := isCopied(list)
	if copied {
		list = asScriptSet(append(list, c.emptied...))
	}
	add := func(name, value string) {
		empty := slices.ContainsFunc(c.emptied, func(h header) bool { return strings.EqualFold(h.name, name) })
		if !empty && get(list, name) == "" {
			list = append(list, header{name, value})
		}
	}
	if c.hasData && !c.get {
		body := strings.Join(c.data, "&")
		if copied && isText(get(list, "Content-Type")) {
			body = characters(body)
		}
		q.Data = &body
		// curl adds this Content-Type itself; fetch() would send text/plain.
		if c.json {
			add("Content-Type", "application/json")
			add("Accept", "application/json")
		} else if !copied {
			add("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	if c.head && q.Method == "" {
		q.Method = "HEAD"
	}
	if c.user != nil {
		add("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(*c.user)))
		p.note("user and password become an Authorization header, which the page's script would have to set")
	}
	if c.bearer != nil {
		add("Authorization", "Bearer "+*c.bearer)
	}
	if c.referer != "" {
		add("Referer", c.referer)
	}
	if c.userAgent != "" {
		add("User-Agent", c.userAgent)
	}
	if len(c.cookies) > 0 {
		add("Cookie", strings.Join(c.cookies, "; "))
	}
	if err := p.conclude(p.separate(list)); err != nil {
		return nil, err
	}
	return p, nil
}

// globEscapes removes the backslashes before characters that would otherwise make
// several URLs of one for curl.
var globEscapes = strings.NewReplacer(`\[`, "[", `\]`, "]", `\{`, "{", `\}`, "}")

// asScriptSet converts header values to the bytes that the script set. A copied
// command has one character per byte.
func asScriptSet(list []header) []header {
	for i, h := range list {
		var value []byte
		for _, c := range h.value {
			if c > 0xFF {
				value = []byte(h.value) // it is in bytes already
				break
			}
			value = append(value, byte(c))
		}
		list[i].value = string(value)
	}
	return list
}

// isText reports whether DevTools treat a body of that type as text.
func isText(contentType string) bool {
	for _, s := range []string{"text/", "json", "xml", "application/x-www-form-urlencoded",
		"multipart/form-data"} {
		if strings.Contains(strings.ToLower(contentType), s) {
			return true
		}
	}
	return false
}

// characters corrects text that Firefox and Safari copied as $'…'. They write \xe9
// for the character U+00E9, which Bash reads as a byte that is not UTF-8.
func characters(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRuneInString(s[i:])
		if c == utf8.RuneError && size == 1 {
			c = rune(s[i])
		}
		b.WriteRune(c)
		i += size
	}
	return b.String()
}

// target returns the command's one URL, completed as curl completes it.
func (c *command) target(p *Pasted) (string, error) {
	switch len(c.urls) {
	case 0:
		return "", &Error{Problem: "the curl command has no URL",
			Hint: "check that the whole command was copied"}
	case 1:
	default:
		return "", errorAt(c.text, c.urls[1].at, fmt.Sprintf("%s is a second URL", quote(c.urls[1].text)),
			"paste one request at a time; a value with blanks needs quotes")
	}
	target := c.urls[0].text
	if !c.globOff {
		target = globEscapes.Replace(target)
	}
	if !strings.Contains(target, "://") && cli.CheckSlashes(target) == nil { // which package request refuses
		target = "http://" + target
		p.note("the URL has no scheme; curl uses http")
	}
	u, err := weburl.Parse(target, nil)
	if err != nil {
		return target, nil // package request reports what is wrong with it
	}
	var query []string
	for _, w := range c.query {
		query = append(query, w.text)
	}
	if c.get {
		query = append(query, c.data...)
	}
	if len(query) > 0 {
		rest, fragment, hashed := strings.Cut(target, "#")
		separator := "?"
		if strings.Contains(rest, "?") {
			separator = "&"
		}
		target = rest + separator + strings.Join(query, "&")
		if hashed {
			target += "#" + fragment
		}
	}
	if (u.Username != "" || u.Password != "") && c.user == nil {
		scheme, rest, _ := strings.Cut(target, "://")
		authority := len(rest)
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			authority = i
		}
		if i := strings.LastIndexByte(rest[:authority], '@'); i >= 0 {
			target = scheme + "://" + rest[i+1:]
			user, err1 := url.PathUnescape(u.Username)
			password, err2 := url.PathUnescape(u.Password)
			if err1 == nil && err2 == nil {
				joined := user + ":" + password
				c.user = &joined
			}
		}
	}
	return target, nil
}
