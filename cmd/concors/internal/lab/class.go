package lab

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/concors/concors/cmd/concors/internal/experiments"
)

// The limits of what a class sends.
const (
	maxParticipants = 500
	maxClassOutcome = 300
)

// A ClassEntry is what one browser of a group did in one experiment. It has no name of a person: Participant
// is random, and made by the page.
type ClassEntry struct {
	Participant string `json:"participant"`
	Browser     string `json:"browser"` // chromium, firefox, webkit or other
	Experiment  string `json:"experiment"`
	Defence     bool   `json:"defence"`
	Guess       string `json:"guess,omitempty"` // what the reader guessed before the run
	Sights      []struct {
		Name      string `json:"name"`
		Outcome   string `json:"outcome"`
		Predicted string `json:"predicted"`
	} `json:"sights"`
}

// problem says what is wrong with an entry, or "".
func (e *ClassEntry) problem() string {
	_, exists := experiments.Find(e.Experiment)
	switch {
	case e.Participant == "" || len(e.Participant) > 64:
		return "participant is not a random text of up to 64 characters"
	case !slices.Contains([]string{"chromium", "firefox", "webkit", "other"}, e.Browser):
		return "browser is not chromium, firefox, webkit or other"
	case !exists:
		return "there is no such experiment in the course"
	case len(e.Sights) > maxSaw || len(e.Guess) > maxClassOutcome:
		return "it has too many sights, or too long a guess"
	}
	for _, s := range e.Sights {
		if len(s.Name) > maxClassOutcome || len(s.Outcome) > maxOutcome || len(s.Predicted) > maxOutcome {
			return "a sight is too long"
		}
	}
	return ""
}

type classKey struct {
	participant, experiment string
	defence                 bool
}

// class has the latest entry of each participant for each experiment, in memory only.
type class struct {
	mu           sync.Mutex
	participants map[string]bool
	entries      map[classKey]ClassEntry
}

// add keeps an entry. It reports false if too many participants sent one.
func (c *class) add(e ClassEntry) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.participants == nil {
		c.participants, c.entries = map[string]bool{}, map[classKey]ClassEntry{}
	}
	if !c.participants[e.Participant] && len(c.participants) >= maxParticipants {
		return false
	}
	c.participants[e.Participant] = true
	c.entries[classKey{e.Participant, e.Experiment, e.Defence}] = e
	return true
}

// A ClassView is what a group's browsers did, added up.
type ClassView struct {
	Participants int               `json:"participants"`
	Experiments  []ClassExperiment `json:"experiments"` // in the order of the course
}

// A ClassExperiment is one experiment of a ClassView.
type ClassExperiment struct {
	Name    string       `json:"name"`
	Defence bool         `json:"defence"`
	Runs    int          `json:"runs"`
	Guesses []ClassGuess `json:"guesses"`
	Sights  []ClassSight `json:"sights"`
}

// A ClassGuess is a guess and how many made it.
type ClassGuess struct {
	Guess string `json:"guess"`
	Count int    `json:"count"`
}

// A ClassSight is one sight of an experiment, with what browsers saw.
type ClassSight struct {
	Name     string         `json:"name"`
	Outcomes []ClassOutcome `json:"outcomes"`
}

// A ClassOutcome is an outcome, what was predicted where it was seen, and by how many of each browser.
type ClassOutcome struct {
	Outcome   string         `json:"outcome"`
	Predicted string         `json:"predicted"`
	Browsers  map[string]int `json:"browsers"`
}

// view adds up the entries.
func (c *class) view() ClassView {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := ClassView{Participants: len(c.participants), Experiments: []ClassExperiment{}}
	// In a fixed order, so that the view does not jump about.
	keys := slices.SortedFunc(maps.Keys(c.entries), func(a, b classKey) int { return cmp.Compare(a.participant, b.participant) })
	for _, e := range experiments.All() {
		for _, defence := range []bool{false, true} {
			one := ClassExperiment{Name: e.Name, Defence: defence, Guesses: []ClassGuess{}, Sights: []ClassSight{}}
			for _, k := range keys {
				if k.experiment == e.Name && k.defence == defence {
					one.add(c.entries[k])
				}
			}
			if one.Runs > 0 {
				v.Experiments = append(v.Experiments, one)
			}
		}
	}
	return v
}

func (x *ClassExperiment) add(e ClassEntry) {
	x.Runs++
	if e.Guess != "" {
		i := slices.IndexFunc(x.Guesses, func(g ClassGuess) bool { return g.Guess == e.Guess })
		if i < 0 {
			i, x.Guesses = len(x.Guesses), append(x.Guesses, ClassGuess{Guess: e.Guess})
		}
		x.Guesses[i].Count++
	}
	for _, s := range e.Sights {
		i := slices.IndexFunc(x.Sights, func(old ClassSight) bool { return old.Name == s.Name })
		if i < 0 {
			i, x.Sights = len(x.Sights), append(x.Sights, ClassSight{Name: s.Name})
		}
		sight := &x.Sights[i]
		j := slices.IndexFunc(sight.Outcomes, func(o ClassOutcome) bool { return o.Outcome == s.Outcome && o.Predicted == s.Predicted })
		if j < 0 {
			j = len(sight.Outcomes)
			sight.Outcomes = append(sight.Outcomes, ClassOutcome{s.Outcome, s.Predicted, map[string]int{}})
		}
		sight.Outcomes[j].Browsers[e.Browser]++
	}
}
