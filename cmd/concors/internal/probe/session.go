package probe

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/fetch"
)

const (
	attempts  = 5               // to get a response that is not temporary
	maxWait   = 2 * time.Minute // for a server that refuses requests, in all
	batchSize = 16              // questions between two control questions
	// A refusal whose response is unlike all others is certain if there are as many
	// that are alike.
	certain    = 4
	maxRepeats = 10
	rounds     = 7 // in which a batch is repeated

	keepChanging = "the server's responses to the same request keep changing"
)

// A Session sends questions to one server in one browser. It makes sure that what
// refuses a request is the server's policy, and not a rate limiter, a bot filter
// or an overloaded server in front of it:
//
//   - A response that is temporary by its status (429, 503 and the like) is never
//     a result. The session waits, as Retry-After says, and repeats the question.
//   - After every few questions it sends the control question, whose outcome is
//     known. If that is not what it was, the refusals since the last control
//     question show nothing, and are repeated.
//   - A refusal whose response looks unlike the server's other responses is
//     repeated until it is certain. If it looks like a refused control question, it
//     never is.
//
// What stays uncertain has an Outcome that is NotKnown.
type Session struct {
	browser   fetch.Profile
	transport *Transport
	options   Options
	pace      *pace

	mu         sync.Mutex
	responded  bool // there was a response
	control    *Question
	expected   *Outcome
	ordinary   map[shape]bool      // of the responses to questions that were allowed
	learned    map[shape]bool      // of refusals that stayed the same when they were repeated
	headers    []string            // that ordinary responses to a GET have
	doubtful   map[look][]*Outcome // that count as known because of that
	interferes map[look]bool       // looks of responses that refused a control question
	persistent map[int]bool        // temporary statuses that did not go away
	passed     map[int]bool        // and those that did
	waited     time.Duration
	lost       string // why nothing more is sent
}

// Session returns a new session with the target in one browser.
func (t *Target) Session(browser fetch.Profile) *Session {
	transport := t.Transport()
	transport.UserAgent = cmp.Or(t.options.userAgent, browser.UserAgent, defaultUserAgent)
	transport.replaceUserAgent = t.options.userAgent != ""
	return &Session{browser: browser, transport: transport, options: t.options, pace: transport.pace,
		ordinary: map[shape]bool{}, learned: map[shape]bool{},
		doubtful: map[look][]*Outcome{}, interferes: map[look]bool{},
		persistent: map[int]bool{}, passed: map[int]bool{}}
}

// Sent returns how many requests were sent.
func (s *Session) Sent() int { return s.transport.Sent() }

// A shape is what the server's ordinary responses have in common.
type shape struct {
	look
	preflight bool
	complete  bool // it has all headers that ordinary responses to a GET have
}

func (s *Session) shapeOf(o *Outcome) shape {
	sh := shape{o.look(), o.Err != nil && o.Reason.Preflight(), true}
	if !sh.preflight {
		sh.complete = !slices.ContainsFunc(s.headers, func(name string) bool { return !o.Header.Contains(name) })
	}
	return sh
}

// learn notes what the server's ordinary responses look like.
func (s *Session) learn(o *Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.headers == nil && o.Header != nil && o.PreflightHeader == nil {
		for _, name := range o.Header.Names() {
			if !varies(strings.ToLower(name)) {
				s.headers = append(s.headers, name)
			}
		}
	}
	if !o.Withheld {
		s.ordinary[s.shapeOf(o)] = true
	}
	if o.PreflightHeader != nil {
		s.ordinary[shape{look{o.PreflightStatus, mediaTypeOf(o.PreflightHeader)}, true, true}] = true
	}
}

// A look is what responses of the same origin have in common: those of a server, or
// of a filter in front of it.
type look struct {
	status    int
	mediaType string
}

func (o *Outcome) look() look { return look{o.Status, mediaTypeOf(o.Header)} }

// LooksLike reports whether the last responses of two outcomes have the same status
// and media type.
func (o *Outcome) LooksLike(other *Outcome) bool { return o.look() == other.look() }

func mediaTypeOf(h fetch.HeaderList) string {
	contentType, _ := h.Get("Content-Type")
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(mediaType))
}

// varies reports whether ordinary responses to different requests may differ in
// having a header.
func varies(lowerName string) bool {
	switch lowerName {
	case "vary", "timing-allow-origin", "cross-origin-resource-policy", "date", "age", "set-cookie",
		"content-length", "transfer-encoding", "connection", "keep-alive", "etag", "last-modified",
		"x-cache", "cf-cache-status", "retry-after":
		return true
	}
	return strings.HasPrefix(lowerName, "access-control-")
}

// temporary says why a response does not count as a result: the server, or something in front of
// it, did not handle the request as it usually does. It is "" for other responses.
func (o *Outcome) temporary() string {
	for _, name := range []string{"Cf-Mitigated", "X-Amzn-Waf-Action"} {
		if _, ok := o.Header.Get(name); ok {
			return "a bot filter responded (" + HeaderText(o.Header, name) + ")"
		}
	}
	switch s := o.Status; {
	case o.NoResponse:
		return cmp.Or(o.Cause, "there was no response")
	case s == http.StatusTooManyRequests:
		return "the server limits the rate of requests (status 429)"
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly,
		s >= http.StatusBadGateway && s <= http.StatusGatewayTimeout, s == 509, s >= 520 && s <= 530:
		return fmt.Sprintf("the server could not handle the request (status %d)", s)
	}
	return ""
}

// Send sends one question, and repeats it while the response is temporary.
func (s *Session) Send(ctx context.Context, q Question) *Outcome {
	before := 0 // the last temporary status
	for attempt := 0; ; attempt++ {
		s.mu.Lock()
		lost := s.lost
		s.mu.Unlock()
		if lost != "" {
			return &Outcome{NotKnown: true, Cause: lost}
		}
		o := Send(ctx, s.browser, s.transport, noTimeout, q)
		why := o.temporary()
		s.mu.Lock()
		first := !s.responded
		s.responded = s.responded || o.Status != 0
		persistent := s.persistent[o.Status] && !o.NoResponse
		if before != 0 && why == "" && !o.Skipped {
			s.passed[before] = true
		}
		before = o.Status
		s.mu.Unlock()
		switch {
		case o.Skipped, why == "", o.NoResponse && first:
			return o
		case ctx.Err() == nil && !persistent && attempt < attempts-1 && s.backOff(attempt, o):
			if o.Status == http.StatusTooManyRequests {
				s.pace.slowDown()
			}
			continue
		}
		if !persistent {
			s.giveUp(ctx, o, why)
		}
		o.Allowed, o.NotKnown, o.Cause = false, !o.NoResponse, why
		return o
	}
}

// giveUp decides what a temporary response that stays means: that the server
// refuses everything, or only such requests.
func (s *Session) giveUp(ctx context.Context, o *Outcome, why string) {
	s.mu.Lock()
	control := s.control
	s.mu.Unlock()
	if control != nil {
		if s.Check(ctx) != Lost {
			s.mu.Lock()
			s.persistent[o.Status] = !o.NoResponse && !s.passed[o.Status]
			s.mu.Unlock()
		}
		return
	}
	s.mu.Lock()
	s.lost = cmp.Or(s.lost, why)
	s.mu.Unlock()
}

// backOff lets no request be sent for a while. It reports false if that is longer
// than the session waits.
func (s *Session) backOff(attempt int, o *Outcome) bool {
	value, _ := o.Header.Get("Retry-After")
	wait := time.Second << attempt
	if o.temporary() != "" && o.Status != http.StatusTooManyRequests { // it may be over at once
		wait = 250 * time.Millisecond << (2 * attempt)
	}
	wait = max(wait, retryAfter(value, s.pace.clock.Now()))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waited+wait > maxWait {
		return false
	}
	s.options.Waiting(fmt.Sprintf("the server, which refuses requests: %v", wait.Round(time.Second)))
	s.waited += s.pace.hold(wait)
	return true
}

// SetControl sets the control question and its outcome, as it is while nothing
// interferes. One of the requests that may be sent is reserved for it.
func (s *Session) SetControl(q Question, o *Outcome) {
	s.learn(o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.control, s.expected = &q, o
	s.transport.reserve.Store(1)
}

// Offer makes a question the control question if there is none, or none yet that
// the server allows.
func (s *Session) Offer(q Question, o *Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Known() && (s.control == nil || o.Allowed && !s.expected.Allowed) {
		s.control, s.expected = &q, o
	}
}

// isExpected reports whether the outcome of the control question is what it was.
func (s *Session) isExpected(o *Outcome) bool {
	return o.Known() && o.temporary() == "" && o.Allowed == s.expected.Allowed && o.Status == s.expected.Status &&
		(o.Allowed || s.shapeOf(o) == s.shapeOf(s.expected))
}

// A State says whether a server still responds as it did.
type State int

// The states of a server.
const (
	Steady    State = iota // it does
	Recovered              // it does again: what it refused since the last control shows nothing
	Lost                   // it does not
	NotAsked               // the limit on requests was reached
)

// Check sends the control question, and waits for the server if the outcome is not
// what it was.
func (s *Session) Check(ctx context.Context) State {
	s.mu.Lock()
	control, lost := s.control, s.lost
	s.mu.Unlock()
	if lost != "" {
		return Lost
	}
	if control == nil {
		return Steady
	}
	state := Steady
	for attempt := 0; ; attempt++ {
		o := Send(controlContext(ctx), s.browser, s.transport, noTimeout, *control)
		s.mu.Lock()
		ok := s.isExpected(o)
		s.mu.Unlock()
		switch {
		case o.Skipped:
			return NotAsked
		case ok:
			return state
		case o.temporary() == "":
			// Other refusals of this kind cannot be told from those of a policy.
			state = Recovered
			s.interferer(o)
		}
		if ctx.Err() != nil || attempt == attempts-1 || !s.backOff(attempt, o) {
			s.mu.Lock()
			s.lost = cmp.Or(o.temporary(), fmt.Sprintf(
				"after %d requests the server no longer allows what it allowed before (status %d): a rate limiter or a bot filter refuses the requests",
				s.transport.Sent(), o.Status))
			s.mu.Unlock()
			return Lost
		}
		s.pace.slowDown()
	}
}

// SendAll sends questions, with a control question after every few of them.
func (s *Session) SendAll(ctx context.Context, questions []Question) []*Outcome {
	out := make([]*Outcome, len(questions))
	for start := 0; start < len(questions); start += batchSize {
		end := min(start+batchSize, len(questions))
		batch, outcomes := questions[start:end], out[start:end]
		s.options.Each(len(batch), func(i int) { outcomes[i] = s.Send(ctx, batch[i]) })
		s.Settle(ctx, batch, outcomes)
	}
	return out
}

// Settle makes sure that the outcomes of questions are those of the server's
// policy. Uncertain ones are repeated, and those that stay uncertain are NotKnown.
func (s *Session) Settle(ctx context.Context, questions []Question, outcomes []*Outcome) {
	s.settle(ctx, questions, outcomes, rounds)
}

// settle repeats questions in at most so many rounds, each about half as many as in
// the last, so that fewer refusals depend on one control question.
func (s *Session) settle(ctx context.Context, questions []Question, outcomes []*Outcome, rounds int) {
	if !slices.ContainsFunc(outcomes, (*Outcome).Known) {
		return
	}
	learned := s.repeatUnusual(ctx, questions, outcomes)
	refused := func(o *Outcome) bool { return o.Known() && !o.Allowed && o.Status != 0 } // not by the browser
	repeat := func(questions []Question, outcomes []*Outcome, which func(*Outcome) bool) {
		s.options.Each(len(questions), func(i int) {
			if which(outcomes[i]) {
				outcomes[i] = s.Send(ctx, questions[i])
			}
		})
		s.settle(ctx, questions, outcomes, rounds-1)
	}
	state := s.Check(ctx)
	if state == Steady {
		// What had no luck with a server that fails now and then has another chance.
		unlucky := func(o *Outcome) bool { return o.NotKnown && s.passed[o.Status] }
		if rounds > 1 && slices.ContainsFunc(outcomes, unlucky) {
			repeat(questions, outcomes, unlucky)
		}
		return
	}
	for _, sh := range learned {
		delete(s.learned, sh)
	}
	if state == Recovered && rounds > 1 {
		if rounds%2 == 1 {
			// The number of requests between two control questions must not stay the
			// same: a server that refuses every nth request could refuse all of them.
			s.Check(ctx)
		}
		half := len(questions) / 2
		if half > 0 {
			repeat(questions[:half], outcomes[:half], refused)
		}
		repeat(questions[half:], outcomes[half:], refused)
		return
	}
	for i, o := range outcomes {
		switch {
		case !refused(o):
		case state == NotAsked:
			outcomes[i] = &Outcome{Skipped: true}
		default:
			outcomes[i] = &Outcome{NotKnown: true, Cause: cmp.Or(s.lost, keepChanging)}
		}
	}
}

// repeatUnusual repeats refused questions whose responses are unlike the server's
// ordinary ones. It returns the shapes that turned out to be ordinary.
func (s *Session) repeatUnusual(
	ctx context.Context, questions []Question, outcomes []*Outcome,
) (learned []shape) {
	for _, o := range outcomes {
		if o.Known() && o.Allowed {
			s.learn(o)
		}
	}
	for i, o := range outcomes {
		unusual := func() bool {
			return o.Known() && !o.Allowed && o.Status != 0 && !s.ordinary[s.shapeOf(o)]
		}
		seen := map[shape]int{}
		for repeats := 0; unusual(); repeats++ {
			sh := s.shapeOf(o)
			if seen[sh]++; s.learned[sh] || seen[sh] >= certain && !s.interferes[o.look()] {
				if len(seen) == 1 && !s.learned[sh] {
					s.learned[sh] = true
					learned = append(learned, sh)
				}
				s.doubtful[o.look()] = append(s.doubtful[o.look()], o)
				break
			}
			if repeats == maxRepeats {
				o = &Outcome{NotKnown: true, Status: o.Status, Cause: keepChanging}
				break
			}
			o = s.Send(ctx, questions[i])
		}
		outcomes[i] = o
	}
	return learned
}

// interferer notes that a control question was refused by a response. What was
// refused by responses that look like it is not known after all.
func (s *Session) interferer(o *Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	look := o.look()
	s.interferes[look] = true
	for _, earlier := range s.doubtful[look] {
		earlier.NotKnown, earlier.Cause = true, keepChanging
	}
	delete(s.doubtful, look)
	maps.DeleteFunc(s.learned, func(sh shape, _ bool) bool { return sh.look == look })
}
