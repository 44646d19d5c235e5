package sop

import (
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
)

// NotificationPermission decides what Notification.permission is before the visitor was asked: "default",
// or "denied" where the page may not ask. See
// https://notifications.spec.whatwg.org/#dom-notification-permission.
func (p *Profile) NotificationPermission(doc *Document) (Decision, string) {
	q := quirks{p}
	var d Decision
	input := fetch.Input{Name: "origin", Value: doc.Origin.String()}
	if !doc.SecureContext {
		d.refuse(InsecureContext, input)
		return d, "denied"
	}
	if q.notificationsNeedTop(&d, doc) {
		d.refuse(NotificationsInFrame, input)
		return d, "denied"
	}
	d.Verdict = Allowed
	d.pass("get the notifications permission state", "https://notifications.spec.whatwg.org/#get-the-notifications-permission-state",
		"The visitor was not asked yet.", input)
	return d, "default"
}

// notificationsNeedTop reports whether a frame may not ask for notifications because of the page around it.
func (q quirks) notificationsNeedTop(d *Decision, doc *Document) bool {
	top := doc.Top()
	return !origin.SameOrigin(doc.Origin, top.Origin) && q.departs(d, NotificationsNeedTopOrigin) ||
		!doc.Origin.IsOpaque() && !q.sameParty(doc, top) && q.departs(d, NotificationsNeedTopSite)
}
