package sop

import (
	"slices"
	"strings"
)

// severedIsCrossOrigin reports whether a window that an opener policy severed is of another
// origin.
func (q quirks) severedIsCrossOrigin(d *Decision) bool { return q.departs(d, SeveredIsCrossOrigin) }

// closedLater reports whether a window of another origin is not yet closed when close()
// returns.
func (q quirks) closedLater(d *Decision) bool { return q.departs(d, ClosedLater) }

// prototypeAndExtensibilityThrow reports whether setting the prototype and preventing
// extensions throw, instead of returning false.
func (q quirks) prototypeAndExtensibilityThrow(d *Decision) bool {
	return q.departs(d, PrototypeAndExtensibilityThrow)
}

// indicesNotEnumerable reports whether a for-in loop skips the frames.
func (q quirks) indicesNotEnumerable(d *Decision, doc *Document) bool {
	return len(q.children(doc)) > 0 && q.departs(d, IndicesNotEnumerable)
}

// hasThrows reports whether the in operator throws for a property that can be read.
func (q quirks) hasThrows(d *Decision, x Access) bool {
	if _, ok := arrayIndex(x.Key); ok && !x.Location || strings.HasPrefix(x.Key, "@@") {
		return false
	}
	listed := slices.ContainsFunc(crossOriginProperties(x.Location), func(p crossOriginProperty) bool {
		return p.name == x.Key
	})
	return !listed && q.departs(d, HasThrowsOffTheList)
}

// namesCrossOriginFrame reports whether a frame of another origin than its parent is a
// property of its parent's window.
func (q quirks) namesCrossOriginFrame(d *Decision, child *Document) bool {
	if child.Name == child.ElementName {
		return q.departs(d, NameAttributeNamesFrame)
	}
	return q.departs(d, OwnNameNamesFrame)
}

// orderKeys returns the names of the cross-origin properties in the browser's order.
func (q quirks) orderKeys(d *Decision, properties []crossOriginProperty) []string {
	var attributes, methods []string
	for _, p := range properties {
		if p.isMethod() {
			methods = append(methods, p.name)
		} else {
			attributes = append(attributes, p.name)
		}
	}
	switch {
	case len(attributes) > 1 && q.departs(d, AttributesBeforeMethods):
		if q.departs(d, BlurBeforeClose) {
			slices.Sort(methods)
		}
		return append(attributes, methods...)
	case q.deviations[KeysInAlphabeticalOrder]:
		d.depart(KeysInAlphabeticalOrder)
		names := append(attributes, methods...)
		slices.SortFunc(names, strings.Compare)
		return names
	}
	var names []string
	for _, p := range properties {
		names = append(names, p.name)
	}
	return names
}

// countsShadowFrames reports whether frames in shadow trees are in window.frames.
func (q quirks) countsShadowFrames() bool { return q.deviations[ShadowFramesCounted] }
