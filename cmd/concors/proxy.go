package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/proxyreport"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cmd/concors/internal/upstream"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

const proxyHelp = `Forwards requests of your page to an API that someone else runs, and lets your
page read the responses while you develop. It listens on this computer only, for
the pages of --page only, and leads to the named API only.

With --page it adds CORS headers for that page. With --alias it serves the page
too, from a folder or a dev server, under one origin with the API: then there is
no CORS at all. Cookies and redirects are changed so that they work at the
proxy, and a line says what was changed.

When Ctrl-C ends it, it reports why the page would fail without it, and the
policy that the API's owner needs to make it unnecessary. That report is also at
/__concors while it runs. See docs/proxy.md.`

const proxyExamples = `  concors proxy https://api.example --page http://localhost:5173
  concors proxy https://api.example --alias http://localhost:5173
  concors proxy https://api.example --alias dist --route /id=https://id.example
  API_KEY=... concors proxy https://api.example --page http://localhost:3000 \
      --secret-header X-Api-Key=API_KEY`

const proxyStatuses = `
  0  ended by Ctrl-C or a signal: the usual way
  2  invalid command line; nothing was served
  3  it could not serve any more`

// proxyFlags are the flags of concors proxy.
type proxyFlags struct {
	pages, routes, secrets []string
	alias, listen          string
	keepPrefix             bool
	https                  bool
	upstreamCA             string
	insecure, allowPrivate bool
	viaProxy, mapLinks     bool
	noRepeat               bool
	har                    string
	json                   bool
}

func proxyCommand() *cobra.Command {
	var f proxyFlags
	c := &cobra.Command{
		Use:        "proxy URL --page ORIGIN [FLAGS]\n  concors proxy URL --alias FOLDER|URL [FLAGS]",
		Short:      "Use someone else's API from your page while you develop",
		Long:       proxyHelp,
		Example:    proxyExamples,
		SuggestFor: []string{"dev", "forward", "gateway", "relay", "serve", "tunnel"},
		Args:       cobra.ArbitraryArgs,
		RunE:       func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	cli.Document(c, proxyStatuses)
	f.define(c.Flags())
	cli.Group(c, "The page", "page", "alias")
	cli.Group(c, "The API", "route", "keep-prefix", "secret-header", "upstream-ca", "insecure-upstream", "allow-private", "via-proxy", "map-links", "no-repeat")
	cli.Group(c, "The proxy", "listen", "https")
	cli.Group(c, "Output", "har", "json")
	return c
}

func (f *proxyFlags) define(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.pages, "page", nil, "the `ORIGIN` of a page that may use the API, such as http://localhost:5173; with --alias, the page that the report is about; may be repeated")
	flags.StringVar(&f.alias, "alias", "", "serve the page too, from this `FOLDER` or the URL of a dev server; the API is then below /api")
	flags.StringArrayVar(&f.routes, "route", nil, "`PATH=URL`: a path of the proxy and the API that it leads to; may be repeated")
	flags.BoolVar(&f.keepPrefix, "keep-prefix", false, "send the path of --route to the API too, instead of removing it")
	flags.StringArrayVar(&f.secrets, "secret-header", nil, "`NAME=ENV`: add a header whose value is in this environment variable; only URL gets it; may be repeated")
	flags.StringVar(&f.upstreamCA, "upstream-ca", "", "a PEM `FILE` of additional authorities for the API's certificate")
	flags.BoolVar(&f.insecure, "insecure-upstream", false, "do not verify the API's certificate")
	flags.BoolVar(&f.allowPrivate, "allow-private", false, "allow an API in a private network, or whose name leads to this computer")
	flags.BoolVar(&f.viaProxy, "via-proxy", false, "reach the API through the proxy in HTTPS_PROXY, without a check of its address")
	flags.StringVar(&f.listen, "listen", "", "the `ADDRESS:PORT` to listen on (default 127.0.0.1:8010, or the next free port)")
	flags.BoolVar(&f.https, "https", false, "serve https, with a certificate that is made at the start and kept in memory")
	flags.BoolVar(&f.mapLinks, "map-links", false, "map URLs of the API in JSON, XML and HTML to the proxy, for pages that follow them")
	flags.BoolVar(&f.noRepeat, "no-repeat", false, "do not send preflights and GETs again as the page would, to learn what the API says to it")
	flags.StringVar(&f.har, "har", "", "write the requests, as they are between the page and the API, to a HAR `FILE` at the end")
	flags.BoolVar(&f.json, "json", false, "write the report as JSON at the end, and all else to standard error (see docs/proxy-json.md)")
}

func (f *proxyFlags) run(c *cobra.Command, args []string) error {
	s, err := f.plan(args)
	if err != nil {
		return err
	}
	if f.har != "" { // before anything is recorded that could not be written
		if err := cli.WriteFile("--har", f.har, proxyreport.NewLog(proxyreport.Options{}).WriteHAR); err != nil {
			return err
		}
	}
	listeners, err := f.openListeners()
	if err != nil {
		return err
	}
	defer listeners.close()
	// net/http's client writes to the standard log what an API sends unasked, which may repeat a secret.
	defer stdlog.SetOutput(stdlog.Writer())
	stdlog.SetOutput(io.Discard)
	out := newProxyOutput(c, f.json)
	ctx, stop := cli.UntilInterrupted(c.Context())
	defer stop()

	var log *proxyreport.Log // before the first request
	s.config.Listen = listeners.address
	s.config.Own = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { log.ServeHTTP(w, r) })
	s.config.Record = func(r proxy.Record) {
		news := log.Add(r)
		if !r.Own || r.Fault != nil {
			out.lines(proxyreport.Lines(r, news, out.options()))
		}
	}
	handler, err := proxy.New(s.config)
	if err != nil {
		return proxyFault(err, args)
	}
	s.finish(f, listeners, handler)
	if !f.noRepeat {
		s.report.Wire = proxyreport.Wire(handler.Forwarder())
	}
	log = proxyreport.NewLog(s.report)
	if s.report.Keep == 0 { // little is in use, and would be collected hundreds of times a second
		defer debug.SetGCPercent(debug.SetGCPercent(400))
	}
	asking, stopAsking := context.WithCancel(context.WithoutCancel(ctx)) // also while the report is made
	defer stopAsking()
	go log.Ask(asking)
	start := s.start
	start.TextOptions = out.options()
	out.lines(start.Lines())
	for _, note := range s.notes {
		out.note(note)
	}
	out.lines([]string{""})
	go func() {
		for _, warning := range s.unreachable(ctx, handler.Forwarder()) {
			out.note(warning)
		}
	}()
	err = listeners.serve(ctx, handler)
	stop() // a second Ctrl-C ends the program at once
	if err != nil {
		fmt.Fprintln(c.ErrOrStderr(), "concors:", term.Printable(err.Error()))
	}
	if e := f.writeEnd(c, log, out); e != nil {
		return e
	}
	if err != nil {
		return cli.ExitUnknown
	}
	return nil
}

// writeEnd writes the report and the file of --har.
func (f *proxyFlags) writeEnd(c *cobra.Command, log *proxyreport.Log, out *proxyOutput) error {
	result, err := log.Report(context.WithoutCancel(c.Context()))
	if err != nil {
		return err
	}
	if f.har != "" {
		if err := cli.WriteFile("--har", f.har, log.WriteHAR); err != nil {
			return err
		}
	}
	to := out.end()
	if f.json {
		return result.WriteJSON(c.OutOrStdout())
	}
	fmt.Fprintln(to)
	return result.WriteText(to, out.options())
}

// A proxyOutput is where the lines of the log go, until the report is written. It may be used concurrently.
type proxyOutput struct {
	screen term.Screen
	mu     sync.Mutex
	to     io.Writer
	ended  bool
}

func newProxyOutput(c *cobra.Command, json bool) *proxyOutput {
	to := c.OutOrStdout()
	if json {
		to = c.ErrOrStderr()
	}
	return &proxyOutput{screen: term.ScreenOf(to), to: to}
}

func (o *proxyOutput) options() proxyreport.TextOptions {
	return proxyreport.TextOptions{Colour: o.screen.Coloured, Columns: o.screen.Columns}
}

// lines writes lines together.
func (o *proxyOutput) lines(lines []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return // they would be within the report
	}
	for _, line := range lines {
		fmt.Fprintln(o.to, line)
	}
}

func (o *proxyOutput) note(text string) {
	o.lines(term.HangWithin(o.screen.Columns, 0, len("note: "), "note: "+text))
}

// end returns where the report goes. No other lines follow.
func (o *proxyOutput) end() io.Writer {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	return o.to
}

// A proxyPlan is a command line, validated.
type proxyPlan struct {
	config  proxy.Config
	targets []*url.URL // of the routes; the first is the command's argument, if there is one
	main    string     // the origin of the argument, or of the only target; "" if there are several
	path    string     // of the route of the argument
	start   proxyreport.Start
	report  proxyreport.Options
	notes   []string
}

// keptRequests is how many requests --har and --json have: the last ones.
const keptRequests = 5000

// reportWait is proxyreport.Options.Wait. It is longer in tests, for slow machines.
var reportWait = proxyreport.Options{}.Wait

func (f *proxyFlags) plan(args []string) (*proxyPlan, error) {
	s := &proxyPlan{path: "/", report: proxyreport.Options{Wait: reportWait}}
	switch {
	case len(args) > 1:
		return nil, cli.Usage(term.Bounded(strings.Join(args, " "))+": concors proxy takes one URL", "write others as --route /path=URL")
	case len(args) == 0 && len(f.routes) == 0:
		return nil, cli.Usage("proxy takes the URL of the API", "write concors proxy https://api.example --page http://localhost:5173")
	case len(f.pages) == 0 && f.alias == "":
		return nil, cli.Usage("neither --page nor --alias: it is not known which page may use the proxy",
			"write --page http://localhost:5173 (the page's origin), or --alias ./dist to serve the page too")
	}
	if f.alias != "" {
		s.path = "/api"
	}
	if len(args) == 1 {
		target, err := proxyTarget("", args[0])
		if err != nil {
			return nil, err
		}
		s.add(proxy.Route{Prefix: s.path, Target: target})
		s.main = originOfURL(target)
	}
	for _, route := range f.routes {
		r, err := parseRoute(route)
		if err != nil {
			return nil, err
		}
		r.KeepPrefix = f.keepPrefix
		s.add(r)
	}
	if s.main == "" && !slices.ContainsFunc(s.targets, func(u *url.URL) bool { return originOfURL(u) != originOfURL(s.targets[0]) }) {
		s.main = originOfURL(s.targets[0])
	}
	for _, page := range f.pages {
		o, err := parsePage(page)
		if err != nil {
			return nil, err
		}
		s.report.Pages = append(s.report.Pages, o)
	}
	if f.alias == "" { // with it they only say for which page the report is made
		s.config.Pages = s.report.Pages
	}
	if err := f.planSecrets(s); err != nil {
		return nil, err
	}
	if err := f.planUpstream(s); err != nil {
		return nil, err
	}
	s.config.Alias, s.config.HTTPS, s.config.MapLinks = f.alias, f.https, f.mapLinks
	return s, f.planAlias(s)
}

func (s *proxyPlan) add(r proxy.Route) {
	s.config.Routes = append(s.config.Routes, r)
	s.targets = append(s.targets, r.Target)
}

// proxyTarget parses the URL of an API. flag is before it in errors.
func proxyTarget(flag, text string) (*url.URL, error) {
	u, err := weburl.Parse(text, nil)
	slashes := cli.CheckSlashes(text)
	if err == nil && slashes == nil && u.IsHTTP() && u.Username == "" && u.Password == "" {
		if target, err := url.Parse(u.String()); err == nil {
			return target, nil
		}
	}
	problem, hint := "not a URL of an API: "+term.Quote(text), "write a whole URL, such as https://api.example"
	var usage *cli.UsageError
	switch {
	case errors.As(slashes, &usage):
		problem, hint = usage.Problem, usage.Hint
	case err == nil && u.IsHTTP():
		problem, hint = "the URL has a user name or password in it", "write --secret-header Authorization=ENV, with the header's value in that environment variable"
	case err == nil && (u.Scheme == "ws" || u.Scheme == "wss"):
		hint = "write " + map[string]string{"ws": "http", "wss": "https"}[u.Scheme] + term.Bounded(text[strings.Index(text, ":"):]) + ": WebSockets go through it too"
	case errors.As(request.Question{URL: text}.Validate(), &usage):
		problem, hint = usage.Problem, usage.Hint
	}
	if flag != "" {
		problem = flag + ": " + problem
	}
	return nil, cli.Usage(problem, hint)
}

// parseRoute parses the value of --route.
func parseRoute(text string) (proxy.Route, error) {
	path, to, found := strings.Cut(text, "=")
	flag := "--route " + term.Bounded(text)
	switch {
	case !found && strings.Contains(text, "://"):
		return proxy.Route{}, cli.Usage(flag+": the path is missing", "write --route /api="+term.Bounded(text))
	case !found:
		return proxy.Route{}, cli.Usage(flag+": it is not PATH=URL", "write --route /api=https://api.example")
	case !strings.HasPrefix(path, "/"):
		return proxy.Route{}, cli.Usage(flag+": the path does not begin with /", "write --route /"+term.Bounded(strings.TrimLeft(text, "/")))
	case strings.ContainsAny(path, "?#*"):
		return proxy.Route{}, cli.Usage(flag+": a path has no "+strings.Trim(path[strings.IndexAny(path, "?#*"):][:1], " "),
			"write --route "+term.Bounded(strings.TrimRight(path[:strings.IndexAny(path, "?#*")], "/"))+"="+term.Bounded(to))
	}
	target, err := proxyTarget(flag, to)
	return proxy.Route{Prefix: path, Target: target}, err
}

// parsePage parses the value of --page.
func parsePage(text string) (string, error) {
	if text == "null" {
		return "", cli.Usage("--page null: every site can make a page with that origin", "serve the page over http://localhost, and write that origin")
	}
	o, err := request.ParseFrom(text)
	var usage *cli.UsageError
	if errors.As(err, &usage) {
		return "", cli.Usage(strings.ReplaceAll(usage.Problem, "--from", "--page"),
			strings.ReplaceAll(strings.ReplaceAll(usage.Hint, ", or --from null for a sandboxed page", ""), "--from", "--page"))
	}
	return o.String(), err
}

// planSecrets reads the headers of --secret-header from the environment.
func (f *proxyFlags) planSecrets(s *proxyPlan) error {
	for _, text := range f.secrets {
		name, variable, found := strings.Cut(text, "=")
		// The text may have the secret itself in it, so no message has more than the name.
		flag := "--secret-header " + term.Bounded(name)
		switch {
		case !found || variable == "" || name == "":
			return cli.Usage(flag+": it is not NAME=ENV", "write --secret-header NAME=ENV, with the value in the environment variable ENV")
		case !field.IsToken(name):
			return cli.Usage(flag+": that is not the name of a header", "write --secret-header NAME=ENV, with a name such as Authorization")
		case !isVariable(variable):
			return cli.Usage(flag+": what follows = is not the name of an environment variable",
				"put the value in the environment, where no list of processes shows it, and write the variable's name: --secret-header NAME=ENV")
		}
		value := os.Getenv(variable)
		switch {
		case value == "":
			return cli.Usage(flag+": the environment variable "+term.Bounded(variable)+" is not set, or empty", "write export "+term.Bounded(variable)+"=... first")
		case !field.ValidValue(value):
			return cli.Usage(flag+": the value of "+term.Bounded(variable)+" has a line break or a zero byte in it", "set it without one")
		case s.main == "":
			return cli.Usage(flag+": there are several APIs, and it is not known which one gets it", "write the URL of that API as the argument of concors proxy")
		}
		s.config.Headers = append(s.config.Headers, proxy.InjectedHeader{Name: name, Value: value, Target: s.main})
		s.report.Secrets = append(s.report.Secrets, name)
		if s.report.SecretFlag == "" {
			s.report.SecretFlag = name + "=" + variable
		}
	}
	if u, err := url.Parse(s.main); err == nil && len(f.secrets) > 0 && u.Scheme == "http" && !upstream.IsLoopbackName(u.Hostname()) {
		s.notes = append(s.notes, "The API's URL is http:, so that "+strings.Join(s.report.Secrets, ", ")+" is sent without encryption.")
	}
	return nil
}

// isVariable reports whether a text is the name of an environment variable.
func isVariable(s string) bool {
	for i, c := range s {
		if c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// planUpstream reads the certificates of --upstream-ca.
func (f *proxyFlags) planUpstream(s *proxyPlan) error {
	s.config.InsecureUpstream, s.config.AllowPrivate, s.config.ViaProxy = f.insecure, f.allowPrivate, f.viaProxy
	if f.upstreamCA == "" {
		return nil
	}
	if f.insecure {
		return cli.Usage("--insecure-upstream and --upstream-ca: with --insecure-upstream no certificate is verified", "omit --insecure-upstream")
	}
	pem, err := os.ReadFile(f.upstreamCA)
	if err != nil {
		return cli.Usage("--upstream-ca: "+err.Error(), "write the path of a PEM file")
	}
	if s.config.UpstreamCA, err = x509.SystemCertPool(); err != nil {
		s.config.UpstreamCA = x509.NewCertPool()
	}
	if !s.config.UpstreamCA.AppendCertsFromPEM(pem) {
		return cli.Usage(fmt.Sprintf("--upstream-ca %s: the file contains no certificate", term.Quote(f.upstreamCA)),
			"write the path of a PEM file (-----BEGIN CERTIFICATE-----)")
	}
	return nil
}

// planAlias checks the folder or URL of --alias.
func (f *proxyFlags) planAlias(s *proxyPlan) error {
	switch {
	case f.alias == "":
		return nil
	case strings.Contains(f.alias, "://"):
		target, err := proxyTarget("--alias", f.alias)
		if err != nil {
			return err
		}
		if len(s.report.Pages) == 0 {
			s.report.Pages = []string{originOfURL(target)}
		}
		return nil
	}
	info, err := os.Stat(f.alias)
	slashes := cli.CheckSlashes(f.alias)
	switch {
	case err != nil && slashes != nil:
		return slashes
	case err != nil:
		return cli.Usage("--alias "+term.Bounded(f.alias)+": there is no such folder", "write the folder with the built page, or the URL of its dev server, such as http://localhost:5173")
	case !info.IsDir():
		return cli.Usage("--alias "+term.Bounded(f.alias)+": that is a file", "write the folder that it is in")
	}
	return nil
}

// finish completes a plan once the proxy's address is known.
func (s *proxyPlan) finish(f *proxyFlags, l *proxyListeners, handler *proxy.Proxy) {
	own := handler.Origin(append(slices.Clone(s.report.Pages), f.alias)...)
	path := strings.TrimSuffix(s.path, "/")
	s.report.Listen, s.report.Alias, s.report.Keep = own, f.alias != "", 0
	if f.har != "" || f.json {
		s.report.Keep = keptRequests
	}
	for _, u := range s.targets {
		if o := originOfURL(u); !slices.Contains(s.report.APIs, o) {
			s.report.APIs = append(s.report.APIs, o)
		}
	}
	s.start = proxyreport.Start{Proxy: own, Pages: s.config.Pages, Alias: f.alias, Secrets: s.report.Secrets, Fingerprint: l.fingerprint}
	for _, r := range s.config.Routes {
		prefix := strings.TrimSuffix(r.Prefix, "/")
		s.start.Routes = append(s.start.Routes, proxyreport.StartRoute{Path: prefix, Target: strings.TrimSuffix(r.Target.String(), "/")})
	}
	if f.alias == "" {
		s.start.DevServer = proxyreport.FindDevServer(".", "/api", own+path)
	}
	s.addNotes(f, l)
}

// addNotes adds what to know before the first request.
func (s *proxyPlan) addNotes(f *proxyFlags, l *proxyListeners) {
	note := func(format string, args ...any) { s.notes = append(s.notes, fmt.Sprintf(format, args...)) }
	if l.note != "" {
		note("%s", l.note)
	}
	for _, page := range s.config.Pages {
		if slices.Contains(s.report.APIs, page) && f.alias == "" {
			note("The page %s has the API's own origin: it needs no proxy.", page)
		}
		isHTTPS := strings.HasPrefix(page, "https:")
		switch {
		case isHTTPS && !f.https:
			note("The page %s is on https and the proxy on http: Safari blocks that. Write --https if it does.", page)
		case !isHTTPS && f.https && f.alias == "":
			note("The page %s is on http and the proxy on https, which are different sites: cookies need SameSite=None. Serve the page over https too, or use --alias.", page)
		}
	}
	if f.insecure && slices.ContainsFunc(s.targets, func(u *url.URL) bool { return u.Scheme == "https" }) {
		note("The API's certificate is not verified: anyone on the way to it can read and change everything.")
	}
	for _, u := range s.targets {
		if u.Scheme == "http" && u.Port() == "443" {
			note("%s is http: on the port of https. Write https://%s if nothing responds.", u, u.Hostname())
		}
	}
}

// unreachable connects to each API and returns a warning for each that can't be reached. No
// request is sent.
func (s *proxyPlan) unreachable(ctx context.Context, forwarder *upstream.Forwarder) (warnings []string) {
	seen := map[string]bool{}
	for _, u := range s.targets {
		if o := originOfURL(u); !seen[o] {
			seen[o] = true
			if e := forwarder.Reach(ctx, u); e != nil && e.Kind != upstream.Cancelled {
				warnings = append(warnings, unreachableNote(u, e))
			}
		}
	}
	return warnings
}

// unreachableNote says why an API can't be reached at the start, and what to do.
func unreachableNote(u *url.URL, e *upstream.Error) string {
	why := e.Text
	if !strings.HasPrefix(why, u.Hostname()) {
		why = strings.ToUpper(why[:1]) + why[1:]
	}
	switch e.Kind {
	case upstream.NotFound:
		return why + ". Check its name."
	case upstream.NotAllowedAddress:
		return why + ". It is refused, unless private networks are allowed with --allow-private."
	case upstream.NotTLS:
		if strings.HasSuffix(why, "speaks http, not https") {
			return why + ". Write http://" + u.Host + "."
		}
		return why + ". Write http://" + u.Host + " if it speaks http."
	case upstream.Certificate:
		return why + ". Write --upstream-ca FILE, or --insecure-upstream."
	}
	return why + ". Requests fail until it can be reached."
}

// lastError returns the cause of an error of the network, without addresses.
func lastError(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// proxyFault returns the error of proxy.New as that of a command line. The URL among its arguments is the
// first route.
func proxyFault(err error, args []string) error {
	faults := proxy.Faults(err)
	if len(faults) == 0 {
		return err
	}
	flags := map[string]string{"Routes": "--route", "Pages": "--page", "Alias": "--alias", "Listen": "--listen", "Headers": "--secret-header"}
	f := faults[0]
	problem := f.Problem
	if f.Value != "" {
		problem = term.Bounded(f.Value) + ": " + problem
	}
	if u, err := weburl.Parse(strings.Join(args, ""), nil); err == nil && f.Field == "Routes" && f.Value == u.String() {
		flags["Routes"] = ""
	}
	if flag := flags[f.Field]; flag != "" {
		problem = flag + " " + problem
	}
	return cli.Usage(problem, f.Repair)
}

func originOfURL(u *url.URL) string {
	o, err := origin.FromURL(u.String())
	if err != nil {
		return ""
	}
	return o.String()
}
