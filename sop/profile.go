package sop

import "github.com/concors/concors/fetch"

// A Profile describes one browser. It is plain data. The zero Profile is the standard.
type Profile struct {
	Name    string
	Version string // the version that was measured

	// Fetch is the same browser's profile for requests. Its Cookies.ThirdParty is the
	// third-party cookie policy.
	Fetch fetch.Profile

	// What differs between builds and settings rather than engines.

	// Keying is how agent clusters are keyed.
	Keying Keying
	// Partition is how storage is partitioned.
	Partition Partition
	// AncestorBit also separates the storage of a document that has a frame of another site
	// between it and the top-level page.
	AncestorBit bool
	// NoSharedArrayBuffer is set for a build without SharedArrayBuffer, even on isolated pages.
	// What then happens to the shared memory of a WebAssembly.Memory is not known.
	NoSharedArrayBuffer bool

	deviations [maxDeviations]bool
}

// Keying is how a browser keys agent clusters: whether documents of one site can share
// one, so that document.domain has an effect. See
// https://html.spec.whatwg.org/multipage/webappapis.html#obtain-similar-origin-window-agent.
type Keying uint8

// The values of Keying.
const (
	// KeyBySite keys by site unless the document's Origin-Agent-Cluster header is ?1.
	KeyBySite Keying = iota
	// KeyByOrigin keys by origin in secure contexts unless the header is ?0.
	KeyByOrigin
	// KeyAlwaysBySite ignores the header. There is no window.originAgentCluster.
	KeyAlwaysBySite
)

// Partition is how a browser partitions storage: what of the top-level page is part of a
// document's storage key. See https://storage.spec.whatwg.org/#storage-keys.
type Partition uint8

// The values of Partition.
const (
	PartitionByTopSite   Partition = iota // the top-level site
	PartitionByTopHost                    // the top-level site without its scheme
	PartitionByTopOrigin                  // the top-level origin
	NoPartition                           // nothing
)

// The profiles. Treat them as constants.
var (
	// Standard is the HTML and Storage standards without deviations. The Storage Standard
	// leaves partitioning to the browser; all browsers have it, so Standard partitions by
	// the top-level site.
	Standard = Profile{Name: "Standard", Version: "2026", Fetch: fetch.Standard}

	// Chromium keys agent clusters by origin in secure contexts.
	Chromium = Profile{Name: "Chromium", Version: "156", Fetch: fetch.Chromium,
		Keying: KeyByOrigin, AncestorBit: true}

	// Firefox keys agent clusters by site.
	Firefox = Profile{Name: "Firefox", Version: "153 ESR", Fetch: fetch.Firefox,
		Partition: PartitionByTopHost, AncestorBit: true}

	// WebKit is WebKitGTK.
	WebKit = Profile{Name: "WebKit", Version: "WebKitGTK 2.50", Fetch: fetch.WebKit,
		Keying: KeyAlwaysBySite, Partition: PartitionByTopOrigin, NoSharedArrayBuffer: true}
)

// The browsers' deviations are the rows of deviation.go that name them.
func init() {
	Chromium.deviations = deviationsOf(chromium)
	Firefox.deviations = deviationsOf(firefox)
	WebKit.deviations = deviationsOf(webkit)
}

// Profiles returns all four profiles, Standard first.
func Profiles() []Profile { return []Profile{Standard, Chromium, Firefox, WebKit} }

// Deviations returns the profile's deviations.
func (p *Profile) Deviations() []Deviation {
	var out []Deviation
	for _, d := range Deviations() {
		if p.deviations[d] {
			out = append(out, d)
		}
	}
	return out
}

// Without returns a copy of the profile that follows the standard where the browser has
// the deviation d.
func (p Profile) Without(d Deviation) Profile {
	p.deviations[d] = false
	return p
}

// quirks is a profile as the algorithms see it. Each method is a named place in one
// algorithm at which some browser departs from the standard. The method does what the
// standard says unless the profile has the deviation. A method that departs records it in
// the decision.
type quirks struct{ *Profile }

// departs reports whether the profile has the deviation, and records it in the decision.
// Call it last of several conditions.
func (q quirks) departs(in *Decision, d Deviation) bool {
	if !q.deviations[d] {
		return false
	}
	in.depart(d)
	return true
}

// Has reports whether the browser has the deviation.
func (p *Profile) Has(d Deviation) bool { return p.deviations[d] }
